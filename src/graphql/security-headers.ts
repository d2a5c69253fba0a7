import type { FastifyInstance } from "fastify";

/** One year, in seconds: the least that OWASP ASVS 5.0 V3.4.1 accepts. */
const HSTS_MAX_AGE_SECONDS = 31_536_000;

/** For JSON, text and errors: a browser that is made to open them loads nothing, runs nothing and frames nothing. */
const DATA_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** For HTML without a policy of its own: Apollo Sandbox, which is served in development only and loads Apollo's scripts. */
const PAGE_POLICY = "object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/**
 * Sets the browser security headers of every response, errors included (OWASP ASVS 5.0, V3.4). A route that sets one of them
 * keeps its own value.
 */
export const sendSecurityHeaders = (app: FastifyInstance, { publicUrl }: { readonly publicUrl: string }): void => {
  // Browsers ignore the header on plain HTTP (RFC 6797, section 8.1), so it is sent only if the world reaches us by TLS.
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
