import cookie from "@fastify/cookie";
import cors from "@fastify/cors";
import { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { Metrics } from "#platform/metrics";
import { requestIdOf } from "#platform/request-id";
import { MAX_REQUEST_BYTES } from "#platform/request-size";
import { SECOND } from "#shared/durations";
import { type ApolloOptions, createApollo } from "./apollo.ts";
import { createLimitedServer } from "./connection-limits.ts";
import type { ContextSources } from "./context.ts";
import { closedCors, mayOpenSocket } from "./cors.ts";
import { graphqlRoutes } from "./graphql.routes.ts";
import { answerBadAddress, answerHttpErrors, refuseRequest, unsupportedEncoding } from "./http-errors.ts";
import { type HostRule, hostRule } from "./request-hosts.ts";
import { sendSecurityHeaders } from "./security-headers.ts";
import { serveSubscriptions, type WebSocketOptions } from "./subscriptions/serve-subscriptions.ts";
import { SubscriptionExecutor } from "./subscriptions/subscription-executor.ts";

type SocketOptions = Pick<
  WebSocketOptions,
  "authenticator" | "pubsub" | "clock" | "maxSockets" | "maxSocketsPerAddress"
>;

interface ServerOptions extends ApolloOptions, ContextSources, SocketOptions {
  readonly authenticator: ContextSources["authenticator"] & SocketOptions["authenticator"];
  readonly metrics: Metrics;
  readonly publicUrl: string;
  /** Absent: pages served by this computer (development). */
  readonly corsOrigins: readonly string[] | undefined;
  readonly trustedProxyHops: number;
  /**
   * How long an idle connection stays open. Must be longer than the load balancer's timeout; otherwise it sends requests into a
   * closed connection.
   */
  readonly keepAliveSeconds: number;
}

/** The HTTP server, with GraphQL at /graphql. Other routes are registered on it before it listens. */
export const createServer = async (options: ServerOptions): Promise<FastifyInstance> => {
  const { log, metrics, trustedProxyHops, publicUrl } = options;
  const hosts = hostRule(options);
  const app = createLimitedServer({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_REQUEST_BYTES,
    keepAliveTimeout: options.keepAliveSeconds * SECOND,
    // Behind n trusted proxies, only the last n entries of X-Forwarded-For are trusted.
    trustProxy: (_address, hop) => hop < trustedProxyHops,
    // Requests that arrive on an open connection during shutdown are still served; then the connection closes.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    frameworkErrors: answerBadAddress,
    genReqId: ({ headers }) => requestIdOf(headers["x-request-id"]),
  });
  watchRequests(app, metrics, hosts);
  sendSecurityHeaders(app, { publicUrl });
  answerHttpErrors(app);
  await app.register(cookie);
  await app.register(cors, closedCors);
  await serveGraphQL(app, { ...options, hostRule: hosts });
  return app;
};

/** Adds request ids, checks every request, and records it in metrics and log. */
const watchRequests = (app: FastifyInstance, metrics: Metrics, hosts: HostRule): void => {
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    const refusal = hosts(request.raw);
    if (refusal) throw refuseRequest(refusal);
    // Bodies are never decompressed, so a small body cannot become a large one.
    const { "content-encoding": encoding = "identity", "transfer-encoding": transfer = "chunked" } = request.headers;
    if (encoding !== "identity" || transfer.toLowerCase() !== "chunked") throw unsupportedEncoding();
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "unknown";
    metrics.requests.observe({ route, status: reply.statusCode }, reply.elapsedTime / 1_000);
    // The path without its query, because links carry their tokens there.
    request.log.info(
      { method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      "request",
    );
  });
};

const serveGraphQL = async (
  app: FastifyInstance,
  options: ServerOptions & { readonly hostRule: HostRule },
): Promise<void> => {
  const apollo = createApollo(options);
  await apollo.start();
  // At this point the last request has been answered.
  app.addHook("onClose", () => apollo.stop());
  await app.register(graphqlRoutes, { ...options, apollo });
  serveSubscriptions(app, {
    ...options,
    mayCall: mayOpenSocket(options.corsOrigins, options.publicUrl),
    subscriptions: new SubscriptionExecutor(options),
  });
};
