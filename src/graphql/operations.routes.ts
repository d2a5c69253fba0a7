import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { JWKS_MAX_AGE, JWKS_STALE_WHILE_REVALIDATE, type SigningKeys } from "#features/tokens/index";
import type { Metrics } from "#platform/metrics";
import { PUBLIC_CORS } from "./cors.ts";

/** How a part that this process needs is doing. */
export type Health = "up" | "away" | "off";

export interface OperationsRoutesOptions {
  readonly keys: Pick<SigningKeys, "jwks">;
  readonly metrics: Metrics;
  /** The bearer token for /metrics. Absent in production: only this machine may ask. */
  readonly metricsToken: string | undefined;
  readonly production: boolean;
  /** Answers each part's health, and whether requests may come. */
  readonly readiness: () => Promise<{ ready: boolean; parts: Readonly<Record<string, Health>> }>;
}

/** A new key is published long enough before it signs for every cache that keeps to this to know it by then. */
const JWKS_CACHING = `public, max-age=${JWKS_MAX_AGE}, stale-while-revalidate=${JWKS_STALE_WHILE_REVALIDATE}`;

/** What machines ask: the public keys, whether we live, whether we are ready, and how we are doing. */
export const operationsRoutes: FastifyPluginAsync<OperationsRoutesOptions> = async (
  app,
  { keys, metrics, metricsToken, production, readiness },
) => {
  // Pages of any origin may read it: it is public, and the same for everybody.
  app.get("/.well-known/jwks.json", { config: { cors: PUBLIC_CORS } }, async ({ headers }, reply) => {
    const body = JSON.stringify(await keys.jwks());
    const tag = `"${hashOf(body).toString("base64url")}"`;
    reply.header("cache-control", JWKS_CACHING).header("etag", tag);
    return isKnown(headers["if-none-match"], tag)
      ? reply.code(304).send()
      : reply.header("content-type", "application/jwk-set+json").send(body);
  });

  app.get("/livez", async (_, reply) => reply.header("cache-control", "no-store").send({ status: "up" }));

  app.get("/readyz", async (_, reply) => {
    const { ready, parts } = await readiness();
    return reply
      .code(ready ? 200 : 503)
      .header("cache-control", "no-store")
      .send({ status: ready ? "ready" : "not ready", ...parts });
  });

  app.get("/metrics", async (request, reply) => {
    const isAllowed =
      metricsToken === undefined
        ? !production || isFromThisMachine(request)
        : isSame(request.headers.authorization, `Bearer ${metricsToken}`);
    if (!isAllowed) return reply.code(401).send();
    return reply.header("content-type", metrics.registry.contentType).send(await metrics.registry.metrics());
  });
};

/** Headers by which a proxy says for whom it asks: one on this machine asks for others. */
const FORWARDED = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

/** By the connection itself, whatever the request says of its origin. */
const isFromThisMachine = ({ headers, raw }: FastifyRequest): boolean =>
  /^(?:::ffff:)?127\.|^::1$/.test(raw.socket.remoteAddress ?? "") &&
  FORWARDED.every((name) => headers[name] === undefined);

/** Whether a cache has what it asks for (RFC 9110, section 13.1.2); proxies that compress make tags weak. */
const isKnown = (ifNoneMatch: string | undefined, tag: string): boolean =>
  (ifNoneMatch ?? "").split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === tag);

/** Compared by their hashes: texts of one length may differ in theirs as bytes. */
const isSame = (given: string | undefined, expected: string): boolean =>
  given !== undefined && timingSafeEqual(hashOf(given), hashOf(expected));

const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest();
