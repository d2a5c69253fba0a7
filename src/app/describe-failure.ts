import pg from "pg";
import postgres from "postgres";
import { DatabaseUrlError } from "#platform/database/database-url";
import { isDatabaseUnavailable } from "#platform/database/errors";
import { MigrationBlockedError } from "#platform/database/migrate";
import { HashingUnknownError } from "#platform/password-hashing/index";
import { UnreadableSecretError } from "#platform/secrets";
import { AppError } from "#shared/errors";
import { ConfigError } from "./config/config-error.ts";
import { MemberError } from "./processes/keeper.ts";

/** What an operator can do about a failure, in plain words; null for an unexpected failure. Never contains stored values. */
export const describeFailure = (error: unknown): string | null => {
  if (error instanceof ConfigError) return error.message;
  if (error instanceof AppError) return [error.message, ...(error.detail.fields ?? []).map(describeFault)].join("\n  ");
  if (error instanceof UnreadableSecretError)
    return `SECRET_KEYS cannot decrypt the secrets in this database: ${error.message} Set the keys that were used with it.`;
  if (error instanceof DatabaseUrlError) return error.message;
  if (error instanceof HashingUnknownError) return `${error.message} Is this machine overloaded?`;
  if (error instanceof MigrationBlockedError) return error.message;
  if (error instanceof MemberError) return error.message;
  if (isDatabaseUnavailable(error))
    return `The database does not respond (${codeOf(error)}). Is DATABASE_URL correct, and is the server running?`;
  if (!(error instanceof Error)) return null;
  const refusal = findServerError(error);
  if (refusal) return describeServerError(refusal);
  if (error.message.startsWith("The embedded Postgres cannot start")) return error.message;
  return "port" in error ? describePort(error.port, codeOf(error)) : null;
};

const describeFault = ({ path, message }: { readonly path: string; readonly message: string }): string =>
  `${path}: ${message}`;

/** The details that both drivers report about an error of the server. */
interface ServerError {
  readonly message: string;
  readonly code?: string | undefined;
}

/** Drizzle wraps it in its own error, whose message contains the query's values. */
const findServerError = (error: Error): ServerError | null => {
  if (error instanceof postgres.PostgresError || error instanceof pg.DatabaseError) return error;
  return error.cause instanceof Error ? findServerError(error.cause) : null;
};

/** Classes 28 (authorization) and 3D (database name) concern DATABASE_URL; messages of other classes may quote stored values. */
const describeServerError = ({ code = "", message }: ServerError): string => {
  const words = /^(28|3D)/.test(code) ? `${message} (DATABASE_URL)` : message.replace(/"[^"]*"/g, '"…"');
  return `The database returned error ${code}: ${words}.`;
};

const describePort = (port: unknown, code: string | null): string | null => {
  if (code === "EADDRINUSE")
    return `Port ${port} is used by another program. Stop that program, or set PORT to another port.`;
  if (code === "EACCES") return `Port ${port} requires root privileges. Set PORT to one above 1023.`;
  return null;
};

/** The code closest to the cause: SQLSTATE, or the operating system's. */
const codeOf = (error: unknown): string | null => {
  if (!(error instanceof Error)) return null;
  const { code } = error as { code?: unknown };
  return codeOf(error.cause) ?? (typeof code === "string" ? code : null);
};
