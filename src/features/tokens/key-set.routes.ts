import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { PUBLIC_CORS } from "#platform/cors";
import type { SigningKeys } from "./signing-keys.ts";
import { JWKS_MAX_AGE_SECONDS, JWKS_STALE_WHILE_REVALIDATE_SECONDS } from "./tokens.policy.ts";

interface KeySetRoutesOptions {
  readonly keys: Pick<SigningKeys, "jwks">;
  readonly issuer: string;
  readonly publicUrl: string;
}

/** A new key is published long enough before it signs, so that every cache that respects this header has it by then. */
const CACHING = `public, max-age=${JWKS_MAX_AGE_SECONDS}, stale-while-revalidate=${JWKS_STALE_WHILE_REVALIDATE_SECONDS}`;

/** The public keys, for services that verify tokens themselves. Pages of any origin may read them, because they are public. */
export const keySetRoutes = async (app: FastifyInstance, options: KeySetRoutesOptions): Promise<void> => {
  const { keys, issuer, publicUrl } = options;
  app.get("/.well-known/jwks.json", { config: { cors: PUBLIC_CORS } }, async ({ headers }, reply) => {
    const body = JSON.stringify(await keys.jwks());
    const tag = `"${createHash("sha256").update(body).digest("base64url")}"`;
    reply.header("cache-control", CACHING).header("etag", tag);
    return isKnown(headers["if-none-match"], tag)
      ? reply.code(304).send()
      : reply.header("content-type", "application/jwk-set+json").send(body);
  });

  // For gateways that discover the keys of an issuer this way (OpenID Connect Discovery 1.0, section 4). Portcullis is not an OpenID
  // provider, so the document contains no endpoints of one.
  const configuration = { issuer, jwks_uri: `${publicUrl}/.well-known/jwks.json`, response_types_supported: [] };
  app.get("/.well-known/openid-configuration", { config: { cors: PUBLIC_CORS } }, async (_, reply) =>
    reply.header("cache-control", `public, max-age=${JWKS_MAX_AGE_SECONDS}`).send(configuration),
  );
};

/** Whether the cache already has this version (RFC 9110, section 13.1.2); compressing proxies make tags weak. */
const isKnown = (ifNoneMatch: string | undefined, tag: string): boolean =>
  (ifNoneMatch ?? "").split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === tag);
