import { sql } from "drizzle-orm";
import type { Db } from "../database/database.ts";
import { prepared } from "../database/prepared.ts";

export interface JobOptions {
  /** How many times it is attempted, with growing pauses (graphile-worker: e^attempt seconds). */
  readonly maxAttempts?: number;
  /** Only one job with the same key is queued; it keeps its time. */
  readonly key?: string;
  /** Seconds until it may run. */
  readonly delay?: number;
}

/** Queues work in the caller's transaction: work that is rolled back is never done. */
export interface JobQueue {
  add(db: Db, task: string, payload: Record<string, unknown>, options?: JobOptions): Promise<void>;
}

/** The code that does the work. If it throws, it is retried later. */
export type Task = (payload: unknown, job: { readonly attempt: number; readonly maxAttempts: number }) => Promise<void>;

/** Scheduled work: `crontab` as in cron, in UTC. */
export interface RecurringTask {
  readonly crontab: string;
  readonly run: Task;
}

const addJob = prepared<Record<string, unknown>, unknown>((db) => {
  const { placeholder: value } = sql;
  return db
    .select({
      id: sql`(graphile_worker.add_job(
        identifier => ${value("task")}::text, payload => ${value("payload")}::json,
        max_attempts => ${value("maxAttempts")}::int, job_key => ${value("key")}::text, job_key_mode => 'preserve_run_at',
        run_at => now() + ${value("delay")}::int * interval '1 second'
      )).id`,
    })
    .from(sql`(select 1) as one`)
    .prepare("add_job");
});

export const jobQueue: JobQueue = {
  async add(db, task, payload, { maxAttempts = null, key = null, delay = null } = {}) {
    await addJob(db, { task, payload: JSON.stringify(payload), maxAttempts, key, delay });
  },
};

/**
 * Deletes the jobs that failed permanently before this instant: graphile-worker keeps them forever, including the addresses of
 * their mails.
 */
export const deleteJobsFailedBefore = async (db: Db, instant: Date): Promise<void> => {
  await db.execute(sql`
    select from graphile_worker.complete_jobs(array(
      select id from graphile_worker.jobs
      where attempts >= max_attempts and locked_at is null and updated_at < ${instant.toISOString()}::timestamptz
    ))`);
};
