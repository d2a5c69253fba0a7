import type { FastifyPluginAsync } from "fastify";
import { JWKS_MAX_AGE } from "#features/tokens/index";
import { PUBLIC_CORS } from "./cors.ts";

export interface WellKnownOptions {
  readonly issuer: string;
  readonly publicUrl: string;
  /** The page on which users change their password; absent: none is announced. */
  readonly changePasswordUrl: string | undefined;
}

/** What programs look for at addresses of their own (RFC 8615). */
export const wellKnownRoutes: FastifyPluginAsync<WellKnownOptions> = async (
  app,
  { issuer, publicUrl, changePasswordUrl },
) => {
  // For gateways that find the keys of an issuer this way (OpenID Connect Discovery 1.0, section 4). This is not an OpenID
  // provider, so the document names no endpoint of one.
  const configuration = { issuer, jwks_uri: `${publicUrl}/.well-known/jwks.json`, response_types_supported: [] };
  app.get("/.well-known/openid-configuration", { config: { cors: PUBLIC_CORS } }, async (_, reply) =>
    reply.header("cache-control", `public, max-age=${JWKS_MAX_AGE}`).send(configuration),
  );

  // Password managers lead users here (https://w3c.github.io/webappsec-change-password-url/).
  if (changePasswordUrl !== undefined)
    app.get("/.well-known/change-password", async (_, reply) =>
      reply.header("cache-control", "no-store").redirect(changePasswordUrl, 302),
    );
};
