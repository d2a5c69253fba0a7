import type { PgDatabase } from "drizzle-orm/pg-core";
import { drizzle, type PostgresJsQueryResultHKT } from "drizzle-orm/postgres-js";
import postgres from "postgres";

/** A connection to Postgres: the pool, or one transaction on it. Repositories take it first and never by default. */
export type Db = PgDatabase<PostgresJsQueryResultHKT, Record<string, never>>;

export interface Database {
  readonly db: Db;
  /** The driver itself, for LISTEN and for what Drizzle does not speak. */
  readonly sql: postgres.Sql;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  readonly poolSize: number;
}

/** Seconds. */
const RECONNECT_PAUSE = 0.02;

/**
 * Opens the pool. Nothing is connected until the first query. While the server is away each query tries to connect, and is
 * refused: a longer pause between the attempts would be a queue of requests that wait for their refusal.
 */
export const openDatabase = ({ url, poolSize }: DatabaseOptions): Database => {
  const sql = postgres(url, {
    max: poolSize,
    connect_timeout: 2,
    idle_timeout: 300,
    backoff: () => RECONNECT_PAUSE,
    connection: { application_name: "portcullis", statement_timeout: 10_000, lock_timeout: 5_000 },
    onnotice: () => {},
  });
  return { db: drizzle(sql) as Db, sql, close: () => sql.end({ timeout: 5 }) };
};
