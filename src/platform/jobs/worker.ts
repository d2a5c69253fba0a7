import { Logger as GraphileLogger, parseCronItems, type Runner, run } from "graphile-worker";
import pg from "pg";
import type { Logger } from "../logging.ts";
import type { RecurringTask, Task } from "./jobs.ts";

export interface WorkerOptions {
  readonly databaseUrl: string;
  readonly tasks: Readonly<Record<string, Task>>;
  readonly recurring: Readonly<Record<string, RecurringTask>>;
  readonly concurrency: number;
  readonly log: Logger;
}

export interface Worker {
  /** Lets running jobs finish, then stops. */
  stop(): Promise<void>;
}

/** Runs the jobs of all replicas: each job on one of them, again if that one dies. */
export const startWorker = async ({
  databaseUrl,
  tasks,
  recurring,
  concurrency,
  log,
}: WorkerOptions): Promise<Worker> => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: concurrency + 2 });
  pool.on("error", (error) => log.warn({ err: error }, "the job queue lost its database connection"));
  pool.on("connect", (client) => client.on("error", () => {}));
  const all = { ...tasks, ...Object.fromEntries(Object.entries(recurring).map(([name, { run }]) => [name, run])) };
  const runner: Runner = await run({
    pgPool: pool,
    concurrency,
    noHandleSignals: true,
    pollInterval: 2_000,
    logger: new GraphileLogger(() => (level, message) => {
      if (level === "error" || level === "warning") log.warn({ job: true }, message);
    }),
    taskList: Object.fromEntries(
      Object.entries(all).map(([name, task]) => [
        name,
        (payload: unknown, { job }: { job: { attempts: number; max_attempts: number } }) =>
          task(payload, { attempt: job.attempts, maxAttempts: job.max_attempts }),
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
  return {
    async stop() {
      await runner.stop();
      await pool.end();
    },
  };
};
