import { sql } from "drizzle-orm";
import type { Db } from "../database/database.ts";
import { statement } from "../database/statement.ts";

export interface JobOptions {
  /** Jobs of one queue run one after the other, in the order they were added. */
  readonly queue?: string;
  /** A waiting job with this key is replaced, not doubled. */
  readonly key?: string;
  readonly runAt?: Date;
  /** How often it is tried, with growing pauses (graphile-worker: e^attempt seconds). */
  readonly maxAttempts?: number;
}

/** Adds work for later, in the caller's transaction: what is rolled back is never done. */
export interface JobQueue {
  add(db: Db, task: string, payload: Record<string, unknown>, options?: JobOptions): Promise<void>;
}

/** What does the work. A throw means: try again later. */
export type Task = (payload: unknown, job: { readonly attempt: number; readonly maxAttempts: number }) => Promise<void>;

/** Work at set times: `crontab` as in cron, in UTC. */
export interface RecurringTask {
  readonly crontab: string;
  readonly run: Task;
}

const addJob = statement<Record<string, unknown>, unknown>((db) => {
  const { placeholder: value } = sql;
  return db
    .select({
      id: sql`(graphile_worker.add_job(
        identifier => ${value("task")}::text, payload => ${value("payload")}::json, queue_name => ${value("queue")}::text,
        run_at => ${value("runAt")}::timestamptz, max_attempts => ${value("maxAttempts")}::int, job_key => ${value("key")}::text
      )).id`,
    })
    .from(sql`(select 1) as one`)
    .prepare("add_job");
});

export const jobQueue: JobQueue = {
  async add(db, task, payload, { queue, key, runAt, maxAttempts } = {}) {
    await addJob(db, {
      task,
      payload: JSON.stringify(payload),
      queue: queue ?? null,
      runAt: runAt?.toISOString() ?? null,
      maxAttempts: maxAttempts ?? null,
      key: key ?? null,
    });
  },
};
