// type-graphql needs its polyfill before the first decorator runs.
import "reflect-metadata";
import type { GraphQLSchema } from "graphql";
import { toAppError } from "#graphql/errors";
import { buildServedSchema } from "#graphql/schema";
import { type LocalClock, steadyClock } from "#platform/clock";
import type { Logger } from "#platform/logging";
import { composeFeatures } from "./compose.ts";
import type { Config } from "./config.ts";
import { openInfrastructure } from "./infrastructure.ts";
import type { Installation } from "./installation.ts";
import { platformJobs } from "./platform-jobs.ts";
import { NO_SIBLINGS, type Siblings } from "./processes/siblings.ts";

/** What a thread does: by default everything. */
export interface Work {
  /** Answers requests. */
  readonly serves?: boolean;
  readonly runsJobs?: boolean;
  /** Whether jobs also run at set times. */
  readonly atSetTimes?: boolean;
}

/** Builds the whole program once. Nothing listens and no job runs until `start` is called. */
export const createApp = async (
  config: Config,
  installation: Installation,
  log: Logger,
  localClock: LocalClock = steadyClock,
  siblings: Siblings = NO_SIBLINGS,
) => {
  const infrastructure = await openInfrastructure(config, installation, log, localClock, siblings);
  const { platform, mailbox, geoip, networks } = infrastructure;
  const { clock, db, limits, metrics } = platform;
  const features = composeFeatures(platform, config);
  const { services, lifecycles } = features;
  await Promise.all(lifecycles.map((lifecycle) => lifecycle.prepare?.())).catch(async (error: unknown) => {
    await infrastructure.close();
    throw error;
  });
  const observe = (field: string, seconds: number, error: unknown): void =>
    metrics.fields.observe(
      { field, code: error ? (toAppError(error)?.code ?? "INTERNAL_SERVER_ERROR") : "ok" },
      seconds,
    );
  let schema: GraphQLSchema | undefined;
  /** Built when it is first needed, because a thread that only runs jobs needs none. */
  const servedSchema = (): GraphQLSchema => {
    schema ??= buildServedSchema(features.resolvers, { db, clock, limits, log, observe });
    return schema;
  };
  const ofPlatform = platformJobs(infrastructure, services, features.mails, config);
  const tasks = { ...ofPlatform.tasks, ...features.tasks };
  const recurring = { ...ofPlatform.recurring, ...features.recurring };

  // Both are loaded when they are needed: a thread that only runs jobs has no HTTP server in memory, and one that only serves no
  // job queue.
  const startServer = async () => {
    const { serve } = await import("./serving.ts");
    return serve({ config, log, schema: servedSchema(), infrastructure, features });
  };
  const startJobs = async (atSetTimes: boolean) => {
    const { startWorker } = await import("#platform/jobs/worker");
    const { databaseUrl } = installation;
    const { workerConcurrency: concurrency } = config;
    return startWorker({ databaseUrl, tasks, recurring: atSetTimes ? recurring : {}, concurrency, log });
  };

  /**
   * Begins the work of this thread.
   *
   * @returns a function that stops it
   */
  const start = async ({ serves = true, runsJobs = config.workerConcurrency > 0, atSetTimes = true }: Work = {}) => {
    // Before jobs run: if the port is in use, nothing has to be undone.
    const served = serves ? await startServer() : null;
    const prepareOperation = served?.prepareOperation ?? null;
    for (const lifecycle of lifecycles) await lifecycle.start?.({ runsJobs, prepareOperation });
    const worker = runsJobs ? await startJobs(atSetTimes) : null;
    /** `isReplaced`: another process has taken over. */
    const stop = async ({ isReplaced = false } = {}): Promise<void> => {
      const closed = served?.drain(isReplaced);
      await Promise.all([closed, ...lifecycles.map((lifecycle) => lifecycle.drain?.())]);
      await worker?.stop();
      for (const lifecycle of lifecycles) await lifecycle.stop?.();
    };
    return { served, stop };
  };

  /** Closes the database and all other connections. */
  const close = async (): Promise<void> => {
    for (const lifecycle of lifecycles) await lifecycle.close?.();
    await infrastructure.close();
  };

  return {
    start,
    close,
    get schema(): GraphQLSchema {
      return servedSchema();
    },
    mailbox,
    tasks,
    recurring,
    ...platform,
    geoip,
    networks,
    ...services,
  };
};

export type App = Awaited<ReturnType<typeof createApp>>;
