import { connect, type Socket } from "node:net";
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
    // Not among the driver's types.
    ...{ socket: openSocket },
    connection: { application_name: "portcullis", statement_timeout: 10_000, lock_timeout: 5_000 },
    onnotice: () => {},
  });
  return { db: drizzle(sql) as Db, sql, close: () => sql.end({ timeout: 5 }) };
};

interface Address {
  readonly host: readonly string[];
  readonly port: readonly number[];
  /** A Unix socket. */
  readonly path: string | false;
}

/**
 * The driver takes a connection that is closed before the server has said a word (by a proxy whose target is gone) for one
 * to try again, for ever and without a pause, while the query waits. Here it is an error like any other.
 */
const openSocket = ({ host: [host = ""], port: [port = 0], path }: Address): Socket => {
  const socket = path ? connect({ path }) : connect({ host, port });
  socket.once("close", (hadError) => {
    if (hadError || socket.bytesRead > 0) return;
    socket.emit("error", Object.assign(new Error("The server hung up."), { code: "ECONNRESET" }));
  });
  // The driver checks certificates against the host, and names it in its errors.
  return Object.assign(socket, { host, port });
};
