import type { PgDatabase } from "drizzle-orm/pg-core";
import { drizzle, type PostgresJsQueryResultHKT } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { withCommitHooks } from "./after-commit.ts";
import { postgresJsOptions } from "./database-url.ts";
import { createResilientPool } from "./resilient-pool.ts";

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
  listen(channel: string, onMessage: (text: string) => void, onListening: () => void): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  readonly poolSize: number;
}

/** The session settings of request connections. Waiting for a lock must not take longer than a request may. */
export const SESSION_SETTINGS = { application_name: "portcullis", statement_timeout: 10_000, lock_timeout: 5_000 };

const RECONNECT_PAUSE_SECONDS = 0.02;
/** On a busy host, TLS and login take time. */
const CONNECT_TIMEOUT_SECONDS = 5;

/** Makes transactions support `afterCommit`, and the savepoints `within` them. */
const supportAfterCommit = <Connection extends Db>(db: Connection, within?: Db): Connection => {
  const transaction = db.transaction.bind(db);
  db.transaction = (work, config) =>
    withCommitHooks(
      (enter) =>
        transaction((tx) => {
          enter(tx);
          return work(supportAfterCommit(tx, tx));
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
  const pool = createResilientPool({
    ...postgresJsOptions(url),
    max: poolSize,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    idle_timeout: 300,
    backoff: () => RECONNECT_PAUSE_SECONDS,
    connection: SESSION_SETTINGS,
    onnotice: () => {},
  });
  const listener = postgres({
    ...postgresJsOptions(url),
    max: 1,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    backoff: () => 10 * RECONNECT_PAUSE_SECONDS,
    connection: { application_name: "portcullis listener" },
    onnotice: () => {},
  });
  return {
    db: supportAfterCommit(drizzle(pool.client) as Db),
    async listen(channel, onMessage, onListening) {
      await listener.listen(channel, onMessage, onListening);
    },
    async close() {
      await Promise.all([pool.end(), listener.end({ timeout: 1 })]);
    },
  };
};
