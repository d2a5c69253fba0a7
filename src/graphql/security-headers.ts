import type { FastifyInstance } from "fastify";

/** One year, in seconds: the minimum that OWASP ASVS 5.0 V3.4.1 accepts. */
const HSTS_MAX_AGE_SECONDS = 31_536_000;

/** For JSON, text and errors: if a browser opens them, it loads nothing, runs nothing and frames nothing. */
const DATA_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** For HTML without its own policy: Apollo Sandbox, which is served only in development and loads Apollo's scripts. */
const PAGE_POLICY = "object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/**
 * Sets the browser security headers of every response, including errors (OWASP ASVS 5.0, V3.4). A header that a route has set is
 * kept.
 */
export const sendSecurityHeaders = (app: FastifyInstance, { publicUrl }: { readonly publicUrl: string }): void => {
  // Browsers ignore the header on plain HTTP (RFC 6797, section 8.1), so it is sent only if the public address uses TLS.
  const hsts = publicUrl.startsWith("https:") ? `max-age=${HSTS_MAX_AGE_SECONDS}; includeSubDomains` : null;

  app.addHook("onSend", async (_, reply) => {
    const isPage = String(reply.getHeader("content-type") ?? "").startsWith("text/html");
    const defaults = {
      "content-security-policy": isPage ? PAGE_POLICY : DATA_POLICY,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      ...(hsts !== null && { "strict-transport-security": hsts }),
    };
    for (const [name, value] of Object.entries(defaults)) {
      if (!reply.hasHeader(name)) reply.header(name, value);
    }
  });
};
