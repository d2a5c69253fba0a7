// type-graphql needs its polyfill before the first decorator runs.
import "reflect-metadata";
import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { toAppError } from "#graphql/errors";
import { createLocalExecutor } from "#graphql/local-executor";
import { type Health, operationsRoutes } from "#graphql/operations.routes";
import { buildServedSchema } from "#graphql/schema";
import { createServer } from "#graphql/server";
import { type LocalClock, steadyClock } from "#platform/clock";
import { WriteProbe } from "#platform/database/write-probe";
import { startWorker } from "#platform/jobs/worker";
import { listenOn } from "#platform/listening";
import type { Logger } from "#platform/logging";
import { mailboxPage } from "#platform/mail/index";
import { SECOND } from "#shared/durations";
import { composeFeatures } from "./compose.ts";
import type { Config } from "./config.ts";
import { openInfrastructure } from "./infrastructure.ts";
import type { Installation } from "./installation.ts";
import { platformJobs } from "./platform-jobs.ts";
import { openWeb, servePages, type Web } from "./web.ts";

/** During shutdown. */
const CLOSE_IDLE_INTERVAL_MS = 50;

/** Builds the whole program once. Nothing listens and no job runs until `start` is called. */
export const createApp = async (
  config: Config,
  installation: Installation,
  log: Logger,
  localClock: LocalClock = steadyClock,
) => {
  const infrastructure = await openInfrastructure(config, installation, log, localClock);
  const { platform, mailbox, geoip, networks } = infrastructure;
  const { pubsub, clock, db, limits, metrics, nats, redis } = platform;
  const features = composeFeatures(platform, config);
  const { services, lifecycles } = features;
  const { authenticator } = services;
  await Promise.all(lifecycles.map((lifecycle) => lifecycle.prepare?.())).catch(async (error: unknown) => {
    await infrastructure.close();
    throw error;
  });
  const observe = (field: string, seconds: number, error: unknown): void =>
    metrics.fields.observe(
      { field, code: error ? (toAppError(error)?.code ?? "INTERNAL_SERVER_ERROR") : "ok" },
      seconds,
    );
  const schema = buildServedSchema(features.resolvers, { db, clock, limits, log, observe });
  const ofPlatform = platformJobs(infrastructure, services, features.mails, config);
  const tasks = { ...ofPlatform.tasks, ...features.tasks };
  const recurring = { ...ofPlatform.recurring, ...features.recurring };

  let stopping = false;
  const writes = new WriteProbe({ db, log });
  const readiness = async () => {
    const postgres: Health = await db.execute("select 1").then(
      async () => ((await writes.succeed()) ? "up" : "down"),
      () => "down" as const,
    );
    const redisHealth: Health = redis === null ? "disabled" : redis.healthy ? "up" : "down";
    // The API works without Redis, NATS and the location database.
    const parts = { postgres, redis: redisHealth, nats: nats?.health ?? ("disabled" as const), places: geoip.health };
    return { ready: postgres === "up" && !stopping, parts };
  };

  const buildServer = async (web: Web | null): Promise<FastifyInstance> => {
    const { metricsToken, production } = config;
    const server = await createServer({ ...config, schema, authenticator, pubsub, geoip, clock, log, metrics });
    await server.register(operationsRoutes, { metrics, metricsToken, production, readiness });
    for (const routes of features.routes) await server.register(routes);
    await servePages(server, web, config, features.pages);
    if (mailbox && !production && !config.exposed) await server.register(mailboxPage, { mailbox });
    server.addHook("onSend", async (_, reply) => {
      // So that the client's next request reaches another replica.
      if (stopping) reply.header("connection", "close");
    });
    return server;
  };

  const startJobs = (atSetTimes: boolean) =>
    startWorker({
      databaseUrl: installation.databaseUrl,
      tasks,
      recurring: atSetTimes ? recurring : {},
      concurrency: config.workerConcurrency,
      log,
    });

  /**
   * Serves HTTP, and runs jobs if the settings allow it in this process. Scheduled jobs run unless `atSetTimes` is false.
   *
   * @returns a function that stops both
   */
  const start = async ({ atSetTimes = true } = {}) => {
    const web = await openWeb(config, log);
    await Promise.all([geoip.start(), networks.start()]);
    const server = await buildServer(web);
    // Before jobs run: if the port is in use, nothing has to be undone.
    const url = await listenOn(server, config);
    const runsJobs = config.workerConcurrency > 0;
    const prepareOperation = createLocalExecutor({ schema, authenticator, geoip, log, production: config.production });
    for (const lifecycle of lifecycles) await lifecycle.start?.({ runsJobs, prepareOperation });
    const worker = runsJobs ? await startJobs(atSetTimes) : null;
    const stop = async (): Promise<void> => {
      stopping = true;
      const drained = Promise.all(lifecycles.map((lifecycle) => lifecycle.drain?.()));
      // A load balancer polls /readyz: until the next poll, requests still arrive.
      await delay(config.stopDelaySeconds * SECOND);
      // Connections whose last response is still being sent are closed after it; `server.close` alone would wait for them to time
      // out.
      const closeIdle = setInterval(() => server.server.closeIdleConnections(), CLOSE_IDLE_INTERVAL_MS);
      await server.close().finally(() => clearInterval(closeIdle));
      await drained;
      await worker?.stop();
      for (const lifecycle of lifecycles) await lifecycle.stop?.();
    };
    return { url, server, stop };
  };

  /** Closes the database and all other connections. */
  const close = async (): Promise<void> => {
    for (const lifecycle of lifecycles) await lifecycle.close?.();
    await infrastructure.close();
  };

  return { start, close, schema, mailbox, tasks, recurring, ...platform, geoip, networks, ...services };
};

export type App = Awaited<ReturnType<typeof createApp>>;
