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

/** SSLRequest of the protocol: its length, and a number in the place of a version. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

const CONNECT_TIMEOUT_MS = 30 * SECOND;

/**
 * Checks DATABASE_URL before anything is migrated, and returns it with a plain `sslmode`. Words that the drivers do not share
 * are dropped with a warning.
 *
 * @throws {DatabaseUrlError} if a pooler stands in front of Postgres that does not keep the settings of a session
 */
export const resolveDatabaseUrl = async (text: string, log: Pick<Logger, "warn">): Promise<string> => {
  const ignored = listIgnoredWords(text);
  if (ignored.length > 0) log.warn({ ignored }, "DATABASE_URL has parameters that mean nothing here; they are ignored");
  const { sslMode } = parseDatabaseUrl(text);
  const url = sslMode === "prefer" || sslMode === "allow" ? withSslMode(text, await preferredMode(text)) : text;
  if (parseDatabaseUrl(url).ssl?.rejectUnauthorized === false)
    log.warn("the database connection is encrypted, but not to a verified server: sslmode=verify-full verifies it");
  await checkSession(url, log);
  return url;
};

/** Encrypted if the server can, as libpq does by default. */
const preferredMode = async (text: string): Promise<"require" | "disable"> => {
  const { host, port } = parseDatabaseUrl(text);
  if (host.startsWith("/")) return "disable";
  const socket = connect({ host, port, timeout: CONNECT_TIMEOUT_MS });
  try {
    return await new Promise((resolve, reject) => {
      socket.once("connect", () => socket.write(SSL_REQUEST));
      socket.once("data", (answer) => resolve(answer.toString("latin1").startsWith("S") ? "require" : "disable"));
      socket.once("error", reject);
      const gone = () => reject(Object.assign(new Error("The server did not answer."), { code: "ECONNRESET" }));
      socket.once("timeout", gone).once("close", gone);
    });
  } finally {
    socket.destroy();
  }
};

/**
 * A pooler may refuse the parameters with which the requests connect, or swallow them: PgBouncer does either. The first would be
 * found out only after the migrations, the second never.
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
      log.warn("a pooler drops statement_timeout: set it for the role (ALTER ROLE … SET statement_timeout = '10s')");
  } catch (error) {
    const { code, message } = error as postgres.PostgresError;
    // 08P01 is PgBouncer's, 0A000 that of others.
    if (!/unsupported startup parameter/.test(message)) throw error;
    throw new DatabaseUrlError(
      `The pooler in front of Postgres refuses a parameter of the connection (${code}: ${message}). ` +
        "Connect to Postgres directly, or let PgBouncer pool by session with " +
        "ignore_startup_parameters = statement_timeout, lock_timeout: pooling by transaction loses notifications and locks.",
      { cause: error },
    );
  } finally {
    await sql.end({ timeout: 1 });
  }
};
