import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import type { Metrics } from "#platform/metrics";

/** How a part that this process needs is doing. */
export type Health = "up" | "down" | "disabled";

export interface OperationsRoutesOptions {
  readonly metrics: Metrics;
  /** The bearer token for /metrics. Absent in production: only this machine may ask. */
  readonly metricsToken: string | undefined;
  readonly production: boolean;
  /** Answers each part's health, and whether requests may come. */
  readonly readiness: () => Promise<{ ready: boolean; parts: Readonly<Record<string, Health>> }>;
}

/** What machines ask: whether we live, whether we are ready, and how we are doing. */
export const operationsRoutes: FastifyPluginAsync<OperationsRoutesOptions> = async (
  app,
  { metrics, metricsToken, production, readiness },
) => {
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

/** Compared by their hashes: texts of one length may differ in theirs as bytes. */
const isSame = (given: string | undefined, expected: string): boolean =>
  given !== undefined && timingSafeEqual(hashOf(given), hashOf(expected));

const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest();
