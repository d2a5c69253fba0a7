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

/** Opens the pool. Nothing is connected until the first query; a lost server is tried again after at most 250 ms. */
export const openDatabase = ({ url, poolSize }: DatabaseOptions): Database => {
  const sql = postgres(url, {
    max: poolSize,
    connect_timeout: 5,
    idle_timeout: 300,
    backoff: (attempt: number) => Math.min(0.25, 0.02 * 2 ** attempt),
    connection: { application_name: "portcullis", statement_timeout: 10_000, lock_timeout: 5_000 },
    onnotice: () => {},
  });
  return { db: drizzle(sql) as Db, sql, close: () => sql.end({ timeout: 5 }) };
};
