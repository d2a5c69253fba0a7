import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import type { Metrics } from "#platform/metrics";

/** The state of a part that this process needs. */
export type Health = "up" | "down" | "disabled";

export interface OperationsRoutesOptions {
  readonly metrics: Metrics;
  /** The bearer token for /metrics. If absent in production, only this machine may request it. */
  readonly metricsToken: string | undefined;
  readonly production: boolean;
  /** Returns each part's health, and whether the process accepts requests. */
  readonly readiness: () => Promise<{ ready: boolean; parts: Readonly<Record<string, Health>> }>;
}

/** Endpoints for monitoring: liveness, readiness and metrics. */
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
    return reply.header("content-type", metrics.registry.contentType).send(await metrics.report());
  });
};

/** Headers that a proxy adds when it forwards a request. A proxy on this machine forwards requests of other machines. */
const FORWARDED = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

/** Checks the connection itself, not what the request claims about its origin. */
const isFromThisMachine = ({ headers, raw }: FastifyRequest): boolean =>
  /^(?:::ffff:)?127\.|^::1$/.test(raw.socket.remoteAddress ?? "") &&
  FORWARDED.every((name) => headers[name] === undefined);

/** Compares hashes, because `timingSafeEqual` needs equal lengths, and strings of equal length may have different numbers of bytes. */
const isSame = (given: string | undefined, expected: string): boolean =>
  given !== undefined && timingSafeEqual(hashOf(given), hashOf(expected));

const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest();
