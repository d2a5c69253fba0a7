import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import type { GraphQLSchema } from "graphql";
import { createLocalExecutor } from "#graphql/local-executor";
import { type Health, operationsRoutes } from "#graphql/operations.routes";
import { createServer } from "#graphql/server";
import { WriteProbe } from "#platform/database/write-probe";
import { listenOn } from "#platform/listening";
import type { Logger } from "#platform/logging";
import { mailboxPage } from "#platform/mail/index";
import { SECOND } from "#shared/durations";
import type { composeFeatures } from "./compose.ts";
import type { Config } from "./config.ts";
import type { Infrastructure } from "./infrastructure.ts";
import { openWeb, servePages } from "./web.ts";

/** How long a replaced process still serves open connections, which end with their next response; idle ones are closed then. */
const REPLACED_GRACE_MS = 2 * SECOND;

/** During shutdown. */
const CLOSE_IDLE_INTERVAL_MS = 50;

interface ServingDeps {
  readonly config: Config;
  readonly log: Logger;
  readonly schema: GraphQLSchema;
  readonly infrastructure: Infrastructure;
  readonly features: ReturnType<typeof composeFeatures>;
}

/** Serves HTTP. */
export const serve = async ({ config, log, schema, infrastructure, features }: ServingDeps) => {
  const { platform, mailbox, geoip, networks } = infrastructure;
  const { clock, metrics, pubsub } = platform;
  const { authenticator } = features.services;
  const { metricsToken, production, exposed, stopDelaySeconds } = config;
  let state: "open" | "replaced" | "stopping" = "open";

  const web = await openWeb(config, log);
  await Promise.all([geoip.start(), networks.start()]);
  const server = await createServer({ ...config, schema, authenticator, pubsub, geoip, clock, log, metrics });
  const readiness = readinessOf(infrastructure, log, () => state !== "stopping");
  await server.register(operationsRoutes, { metrics, metricsToken, production, readiness });
  for (const routes of features.routes) await server.register(routes);
  await servePages(server, web, config, features.pages);
  if (mailbox && !production && !exposed) await server.register(mailboxPage, { mailbox });
  server.addHook("onSend", async (_, reply) => {
    // So that the client's next request reaches another process or replica.
    if (state !== "open") reply.header("connection", "close");
  });
  const url = await listenOn(server, config);

  /** Closes the server after the requests in progress. `isReplaced`: the service as a whole stays ready. */
  const drain = async (isReplaced: boolean): Promise<void> => {
    state = isReplaced ? "replaced" : "stopping";
    // A load balancer polls /readyz: until the next poll, requests still arrive.
    await delay(isReplaced ? REPLACED_GRACE_MS : stopDelaySeconds * SECOND);
    await closeServer(server);
  };
  return {
    url,
    server,
    drain,
    prepareOperation: createLocalExecutor({ schema, authenticator, geoip, log, production }),
  };
};

/** Connections whose last response is still being sent are closed after it; `server.close` alone would wait for them to time out. */
const closeServer = async (server: FastifyInstance): Promise<void> => {
  const closeIdle = setInterval(() => server.server.closeIdleConnections(), CLOSE_IDLE_INTERVAL_MS);
  await server.close().finally(() => clearInterval(closeIdle));
};

/** The API works without Redis, NATS and the location database. */
const readinessOf = ({ platform, geoip }: Infrastructure, log: Logger, isOpen: () => boolean) => {
  const { db, nats, redis } = platform;
  const writes = new WriteProbe({ db, log });
  return async () => {
    const postgres: Health = await db.execute("select 1").then(
      async () => ((await writes.succeed()) ? "up" : "down"),
      () => "down" as const,
    );
    const redisHealth: Health = redis === null ? "disabled" : redis.healthy ? "up" : "down";
    const parts = { postgres, redis: redisHealth, nats: nats?.health ?? ("disabled" as const), places: geoip.health };
    return { ready: postgres === "up" && isOpen(), parts };
  };
};
