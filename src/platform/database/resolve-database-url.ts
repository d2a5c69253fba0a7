import { connect } from "node:net";
import postgres from "postgres";
import { SECOND } from "#shared/durations";
import type { Logger } from "../logging.ts";
import { SESSION_SETTINGS } from "./database.ts";
import {
  DatabaseUrlError,
  listIgnoredWords,
  parseDatabaseUrl,
  postgresJsOptions,
  withSslMode,
} from "./database-url.ts";

/** SSLRequest of the protocol: its length, and a number in place of a version. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

const CONNECT_TIMEOUT_MS = 30 * SECOND;

/**
 * Checks DATABASE_URL before any migration, and returns it with a definite `sslmode`. Parameters that the drivers do not share
 * are ignored with a warning.
 *
 * @throws {DatabaseUrlError} if a pooler in front of Postgres does not preserve session settings
 */
export const resolveDatabaseUrl = async (text: string, log: Pick<Logger, "warn">): Promise<string> => {
  const ignored = listIgnoredWords(text);
  if (ignored.length > 0) log.warn({ ignored }, "DATABASE_URL has unsupported parameters; they are ignored");
  const { sslMode } = parseDatabaseUrl(text);
  const url = sslMode === "prefer" || sslMode === "allow" ? withSslMode(text, await preferredMode(text)) : text;
  if (parseDatabaseUrl(url).ssl?.rejectUnauthorized === false)
    log.warn("the database connection is encrypted, but the server is not verified; sslmode=verify-full verifies it");
  await checkSession(url, log);
  return url;
};

/** Encrypted if the server supports it, like libpq's default. */
const preferredMode = async (text: string): Promise<"require" | "disable"> => {
  const { host, port } = parseDatabaseUrl(text);
  if (host.startsWith("/")) return "disable";
  const socket = connect({ host, port, timeout: CONNECT_TIMEOUT_MS });
  try {
    return await new Promise((resolve, reject) => {
      socket.once("connect", () => socket.write(SSL_REQUEST));
      socket.once("data", (answer) => resolve(answer.toString("latin1").startsWith("S") ? "require" : "disable"));
      socket.once("error", reject);
      const onEnd = () => reject(Object.assign(new Error("The server did not respond."), { code: "ECONNRESET" }));
      socket.once("timeout", onEnd).once("close", onEnd);
    });
  } finally {
    socket.destroy();
  }
};

/**
 * A pooler may refuse or drop the connection parameters that requests use; PgBouncer does either, depending on its settings.
 * Refusal would otherwise be noticed only after the migrations, and dropping never.
 */
const checkSession = async (url: string, log: Pick<Logger, "warn">): Promise<void> => {
  const sql = postgres({
    ...postgresJsOptions(url),
    max: 1,
    connect_timeout: CONNECT_TIMEOUT_MS / SECOND,
    fetch_types: false,
    connection: SESSION_SETTINGS,
    onnotice: () => {},
  });
  try {
    const [row] = await sql`select current_setting('statement_timeout') as timeout`;
    if (row?.timeout === "0")
      log.warn("a pooler drops statement_timeout; set it for the role (ALTER ROLE … SET statement_timeout = '10s')");
  } catch (error) {
    const { code, message } = error as postgres.PostgresError;
    // PgBouncer returns 08P01, others 0A000.
    if (!/unsupported startup parameter/.test(message)) throw error;
    throw new DatabaseUrlError(
      `The pooler in front of Postgres refuses a connection parameter (${code}: ${message}). ` +
        "Connect to Postgres directly, or use PgBouncer with pool_mode = session and " +
        "ignore_startup_parameters = statement_timeout, lock_timeout. Transaction pooling loses notifications and locks.",
      { cause: error },
    );
  } finally {
    await sql.end({ timeout: 1 });
  }
};
