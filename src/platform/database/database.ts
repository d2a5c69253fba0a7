import type { PgDatabase } from "drizzle-orm/pg-core";
import { drizzle, type PostgresJsQueryResultHKT } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { committing } from "./after-commit.ts";
import { postgresJsOptions } from "./database-url.ts";
import { openSteadyPool } from "./steady-pool.ts";

/**
 * A connection to Postgres: the pool, or one transaction on it. Repositories take it as the first argument, never as a default.
 */
export type Db = PgDatabase<PostgresJsQueryResultHKT, Record<string, never>>;

export interface Database {
  readonly db: Db;
  /**
   * Receives the notifications of a channel on a separate connection. `onListening` is called when it starts listening, and again
   * after each reconnection.
   */
  listen(channel: string, onAnnounced: (text: string) => void, onListening: () => void): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  readonly poolSize: number;
}

/** The session settings of request connections. Waiting for a lock must not take longer than a request may. */
export const SESSION_SETTINGS = { application_name: "portcullis", statement_timeout: 10_000, lock_timeout: 5_000 };

/** Seconds. */
const RECONNECT_PAUSE = 0.02;
/** Seconds to connect: on a busy host, TLS and login take time. */
const CONNECT_TIMEOUT = 5;

/** Makes transactions support `afterCommit`, and the savepoints `within` them. */
const withCommitHooks = <Connection extends Db>(db: Connection, within?: Db): Connection => {
  const transaction = db.transaction.bind(db);
  db.transaction = (work, config) =>
    committing(
      (enter) =>
        transaction((tx) => {
          enter(tx);
          return work(withCommitHooks(tx, tx));
        }, config),
      within,
    );
  return db;
};

/**
 * Opens the pool. It connects with the first query. While the server is unavailable, each query tries to connect and fails
 * immediately: with longer pauses between attempts, requests would queue up only to fail.
 */
export const openDatabase = ({ url, poolSize }: DatabaseOptions): Database => {
  const pool = openSteadyPool({
    ...postgresJsOptions(url),
    max: poolSize,
    connect_timeout: CONNECT_TIMEOUT,
    idle_timeout: 300,
    backoff: () => RECONNECT_PAUSE,
    connection: SESSION_SETTINGS,
    onnotice: () => {},
  });
  const listener = postgres({
    ...postgresJsOptions(url),
    max: 1,
    connect_timeout: CONNECT_TIMEOUT,
    backoff: () => 10 * RECONNECT_PAUSE,
    connection: { application_name: "portcullis listener" },
    onnotice: () => {},
  });
  return {
    db: withCommitHooks(drizzle(pool.client) as Db),
    async listen(channel, onAnnounced, onListening) {
      await listener.listen(channel, onAnnounced, onListening);
    },
    async close() {
      await Promise.all([pool.end(), listener.end({ timeout: 1 })]);
    },
  };
};
