import { setTimeout as delay } from "node:timers/promises";
import { runMigrations as migrateJobs } from "graphile-worker";
import pg from "pg";
import { MINUTE, SECOND } from "#shared/durations";
import type { Logger } from "../logging.ts";
import { pgOptions } from "./database-url.ts";
import { isLockUnavailable } from "./errors.ts";
import { LOCKS } from "./locks.ts";
import { MIGRATIONS, type Migration, readMigrations } from "./migrations/read-migrations.ts";
import { type MigrationRun, runMigrations } from "./migrations/run-migrations.ts";
import type { Step } from "./migrations/step.ts";

export interface MigrateOptions {
  /** drizzle-kit's folder. Default: the one of this version. */
  readonly folder?: string;
  readonly log?: Pick<Logger, "info" | "debug">;
  /** How long a step may fail to get its lock before the migration fails. */
  readonly giveUpAfterMs?: number;
}

/**
 * How long a statement waits for its lock. All other statements on the table wait behind it. It grows, because Postgres cancels a
 * blocking autovacuum only after a second (deadlock_timeout).
 */
const LOCK_TIMEOUT_MS = { first: 250, longest: 2_000 };

/** Between two attempts; growing. */
const PAUSE_MS = { first: 100, longest: 5 * SECOND };

const LOCK_POLL_MS = 50;
const CONNECT_TIMEOUT_MS = 30 * SECOND;

/** Other transactions prevented a migration from getting its lock; the message says what to look for. */
export class MigrationBlockedError extends Error {}

/**
 * Migrates the database to this version's tables, and the job queue's, while earlier versions use it. Safe to call from several
 * processes concurrently, and again after one was killed.
 *
 * @throws {MigrationBlockedError} if one step did not get its lock within `giveUpAfterMs`
 */
export const migrateDatabase = async (
  url: string,
  { folder = MIGRATIONS, log, giveUpAfterMs = 10 * MINUTE }: MigrateOptions = {},
): Promise<void> => {
  const migrations = await readMigrations(folder);
  let refusedSince: number | null = null;
  let lockTimeoutMs = LOCK_TIMEOUT_MS.first;
  let pauseMs = PAUSE_MS.first;
  const onStep = (migration: Migration, step: Step): void => {
    refusedSince = null;
    log?.debug({ migration: migration.name, kind: step.kind }, "finished a migration step");
  };
  for (;;) {
    try {
      return await migrateOnce(url, { migrations, lockTimeoutMs, onStep });
    } catch (error) {
      refusedSince ??= performance.now();
      if (!isLockUnavailable(error)) throw error;
      if (performance.now() - refusedSince > giveUpAfterMs)
        throw new MigrationBlockedError("A migration did not get its lock: a transaction holds a table for too long.", {
          cause: error,
        });
      log?.info({ pauseMs, err: error }, "a migration did not get its lock; retrying");
    }
    await delay(pauseMs);
    pauseMs = Math.min(2 * pauseMs, PAUSE_MS.longest);
    lockTimeoutMs = Math.min(2 * lockTimeoutMs, LOCK_TIMEOUT_MS.longest);
  }
};

interface Attempt extends Omit<MigrationRun, "client"> {
  readonly migrations: readonly Migration[];
}

/**
 * Releases the lock by ending its session: after a failure another process may continue, and processes of earlier versions are
 * not blocked.
 */
const migrateOnce = async (url: string, attempt: Attempt): Promise<void> => {
  const client = new pg.Client({
    ...pgOptions(url),
    application_name: "portcullis migration",
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // Each running or later query rejects by itself.
  client.on("error", () => {});
  await client.connect();
  try {
    // Statements instead of connection parameters, which PgBouncer refuses. Building an index may take hours.
    await client.query("set statement_timeout = 0");
    await client.query("set lock_timeout = 0");
    await acquireLock(client, LOCKS.migration);
    // Waits until no earlier version is migrating, without making its processes wait.
    await acquireLock(client, LOCKS.migrationBefore);
    await client.query("select pg_advisory_unlock($1)", [LOCKS.migrationBefore]);
    await runMigrations({ ...attempt, client }, attempt.migrations);
    await migrateJobQueue(url, attempt.lockTimeoutMs);
  } finally {
    await client.end();
  }
};

/**
 * Polls instead of waiting in Postgres: the snapshot of a waiting statement would prevent CREATE INDEX CONCURRENTLY from
 * finishing, while the process that builds the index holds the lock.
 */
const acquireLock = async (client: pg.Client, lock: number): Promise<void> => {
  for (;;) {
    const { rows } = await client.query("select pg_try_advisory_lock($1) as taken", [lock]);
    if (rows[0]?.taken === true) return;
    await delay(LOCK_POLL_MS);
  }
};

const migrateJobQueue = async (url: string, lockTimeoutMs: number): Promise<void> => {
  const pgPool = new pg.Pool({
    ...pgOptions(url),
    max: 1,
    application_name: "portcullis migration",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  pgPool.on("error", () => {});
  pgPool.on("connect", (client) => void client.query(`set lock_timeout = ${lockTimeoutMs}`).catch(() => {}));
  try {
    await migrateJobs({ pgPool });
  } finally {
    await pgPool.end();
  }
};
