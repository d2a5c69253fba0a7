import { EventEmitter } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { DrizzleQueryError } from "drizzle-orm";
import { Logger as GraphileLogger, parseCronItems, type Runner, run, type WorkerEvents } from "graphile-worker";
import pg from "pg";
import { SECOND } from "#shared/durations";
import { pgOptions } from "../database/database-url.ts";
import type { Logger } from "../logging.ts";
import type { RecurringTask, Task } from "./jobs.ts";
import { StaleJobReaper } from "./stale-job-reaper.ts";
import { Watchdog } from "./watchdog.ts";

export interface WorkerOptions {
  readonly databaseUrl: string;
  readonly tasks: Readonly<Record<string, Task>>;
  readonly recurring: Readonly<Record<string, RecurringTask>>;
  readonly concurrency: number;
  readonly log: Logger;
}

export interface Worker {
  /** Waits for running jobs to finish, then stops. */
  stop(): Promise<void>;
}

/** Pause before a failed worker is restarted: growing, because the cause may take time to disappear. */
const RESTART_PAUSE_MS = { first: 250, longest: 5 * SECOND };

/** How long the tasks of an abandoned queue may continue before other workers run them again. */
const STOP_TIMEOUT_MS = 60 * SECOND;

/** An idle worker polls for jobs this often. One that has missed four polls does not recover. */
const POLL_INTERVAL_MS = 2 * SECOND;
const SILENCE_TIMEOUT_MS = 4 * POLL_INTERVAL_MS;

/** Longer than any query of the queue takes: a missing response must not block it forever. */
const QUERY_TIMEOUT_MS = 10 * SECOND;

/** Runs the jobs of all replicas: each job on one of them, and again if that one dies. Survives an unavailable database. */
export const startWorker = async (options: WorkerOptions): Promise<Worker> => {
  const { log } = options;
  const watch = openPool(options, 2);
  const reaper = new StaleJobReaper({
    pool: watch,
    onError: (error) => log.warn({ err: error }, "failed to read abandoned jobs"),
  });

  const stopping = new AbortController();
  let queue = await startQueue(reaper, options);
  const supervise = async (): Promise<void> => {
    let pause = RESTART_PAUSE_MS.first;
    while (!stopping.signal.aborted) {
      const started = performance.now();
      await queue.over.catch((error: unknown) => log.warn({ err: error }, "the job queue failed"));
      if (performance.now() - started > RESTART_PAUSE_MS.longest) pause = RESTART_PAUSE_MS.first;
      await delay(pause, undefined, stopping).catch(() => {});
      pause = Math.min(2 * pause, RESTART_PAUSE_MS.longest);
      if (stopping.signal.aborted) return;
      queue.abandon();
      queue = await startQueue(reaper, options).catch((error: unknown) => {
        log.debug({ err: error }, "failed to start the job queue");
        return queue;
      });
    }
  };
  const supervised = supervise();

  return {
    async stop() {
      stopping.abort();
      await queue.stop();
      await supervised;
      await reaper.stop();
      await watch.end();
    },
  };
};

const openPool = ({ databaseUrl, log }: WorkerOptions, max: number): pg.Pool => {
  const pool = new pg.Pool({
    ...pgOptions(databaseUrl),
    max,
    connectionTimeoutMillis: 5 * SECOND,
    query_timeout: QUERY_TIMEOUT_MS,
  });
  pool.on("error", (error) => log.warn({ err: error }, "the job queue lost its database connection"));
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
};

interface Queue {
  /** Settles when this queue has stopped working, by ending or by becoming silent. */
  readonly over: Promise<unknown>;
  stop(): Promise<void>;
  /** Discards a queue that has stopped, without waiting for it. */
  abandon(): void;
}

/**
 * A runner with its own connections, so that connections that a failed runner does not return are not missed. It stops with the
 * first connection that it loses: the response that assigned it a job may have been lost, and it would hold a job that no worker
 * runs.
 */
const startQueue = async (reaper: StaleJobReaper, options: WorkerOptions): Promise<Queue> => {
  // In addition to one connection for each job: one for notifications, and one for the clock.
  const pool = openPool(options, options.concurrency + 2);
  const watchdog = new Watchdog(SILENCE_TIMEOUT_MS);
  void watchdog.expired.then(() => options.log.warn("the job queue stopped responding; it is replaced"));
  const events: WorkerEvents = new EventEmitter();
  const unheard = new Promise<void>((resolve) => {
    pool.on("connect", (client) => client.once("error", () => resolve()));
    events.on("worker:getJob:error", () => resolve());
  });
  let giveUp = (): void => {};
  events.on("pool:create", ({ workerPool: { id } }) => {
    reaper.claim(id);
    giveUp = () => reaper.giveUp(id);
  });
  const runner = await startRunner(pool, watchdog, events, options).catch((error: unknown) => {
    giveUp();
    void pool.end();
    throw error;
  });
  const end = async (): Promise<void> => {
    watchdog.stop();
    // A failed runner has already stopped; one that cannot stop must not keep its jobs from others.
    await Promise.race([runner.stop().catch(() => {}), delay(STOP_TIMEOUT_MS, undefined, { ref: false })]);
    giveUp();
    await pool.end();
  };
  let ending: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    ending ??= end();
    return ending;
  };
  return {
    over: Promise.race([runner.promise, watchdog.expired, unheard]),
    stop,
    abandon: () => void stop().catch(() => {}),
  };
};

const startRunner = async (
  pool: pg.Pool,
  watchdog: Watchdog,
  events: WorkerEvents,
  { tasks, recurring, concurrency, log }: WorkerOptions,
): Promise<Runner> => {
  events.on("worker:getJob:start", () => watchdog.heartbeat());
  const all = { ...tasks, ...Object.fromEntries(Object.entries(recurring).map(([name, { run }]) => [name, run])) };
  return run({
    pgPool: pool,
    events,
    concurrency,
    noHandleSignals: true,
    pollInterval: POLL_INTERVAL_MS,
    // The delay of 0 turns batches on. Without them, an outcome that cannot be written is an unhandled rejection, which ends the process.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    logger: new GraphileLogger(() => (level, message) => {
      if (level === "error" || level === "warning") log.warn({ job: true }, message);
    }),
    taskList: Object.fromEntries(
      Object.entries(all).map(([name, task]) => [
        name,
        (payload: unknown, { job }: { job: { attempts: number; max_attempts: number } }) =>
          watchdog
            .during(task(payload, { attempt: job.attempts, maxAttempts: job.max_attempts }))
            .catch((error: unknown) => {
              log.warn({ err: error, task: name, attempt: job.attempts }, "a job failed");
              throw new Error(failureOf(error));
            }),
      ]),
    ),
    parsedCronItems: parseCronItems(
      Object.entries(recurring).map(([task, { crontab }]) => ({
        task,
        match: crontab,
        options: { backfillPeriod: 0 },
      })),
    ),
  });
};

/** The text that the queue stores and logs about a failure, without the values that Drizzle includes in its message. */
const failureOf = (error: unknown): string => {
  if (error instanceof DrizzleQueryError) return "A query failed.";
  return error instanceof Error ? error.message : "Something that is not an error was thrown.";
};
