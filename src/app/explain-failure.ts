import pg from "pg";
import postgres from "postgres";
import { DatabaseUrlError } from "#platform/database/database-url";
import { isDatabaseAway } from "#platform/database/errors";
import { MigrationBlockedError } from "#platform/database/migrate";
import { HashingUnknownError } from "#platform/password-hashing/index";
import { UnreadableSecretError } from "#platform/secrets";
import { AppError } from "#shared/errors";
import { ConfigError } from "./config/config-error.ts";

/** What an operator can do about a failure, in plain words; null where nobody foresaw it. Never a value that was stored. */
export const explainFailure = (error: unknown): string | null => {
  if (error instanceof ConfigError) return error.message;
  if (error instanceof AppError) return [error.message, ...(error.detail.fields ?? []).map(describeFault)].join("\n  ");
  if (error instanceof UnreadableSecretError)
    return `SECRET_KEYS does not open the secrets in this database: ${error.message} Set the keys with which it was used.`;
  if (error instanceof DatabaseUrlError) return error.message;
  if (error instanceof HashingUnknownError) return `${error.message} Is this machine overloaded?`;
  if (error instanceof MigrationBlockedError) return error.message;
  if (isDatabaseAway(error))
    return `The database does not answer (${codeOf(error)}). Is DATABASE_URL right, and the server up?`;
  if (!(error instanceof Error)) return null;
  const refusal = findRefusal(error);
  if (refusal) return describeRefusal(refusal);
  if (error.message.startsWith("The embedded Postgres cannot start")) return error.message;
  return "port" in error ? describePort(error.port, codeOf(error)) : null;
};

const describeFault = ({ path, message }: { readonly path: string; readonly message: string }): string =>
  `${path}: ${message}`;

/** What both drivers tell of an error of the server. */
interface Refusal {
  readonly message: string;
  readonly code?: string | undefined;
}

/** Drizzle wraps it in an error of its own, whose message holds the query's values. */
const findRefusal = (error: Error): Refusal | null => {
  if (error instanceof postgres.PostgresError || error instanceof pg.DatabaseError) return error;
  return error.cause instanceof Error ? findRefusal(error.cause) : null;
};

/** Classes 28 (who we are) and 3D (which database) speak of DATABASE_URL; others may quote what was stored. */
const describeRefusal = ({ code = "", message }: Refusal): string => {
  const words = /^(28|3D)/.test(code) ? `${message} (DATABASE_URL)` : message.replace(/"[^"]*"/g, '"…"');
  return `The database refuses, with code ${code}: ${words}.`;
};

const describePort = (port: unknown, code: string | null): string | null => {
  if (code === "EADDRINUSE") return `Port ${port} is taken by another program. Stop that one, or set PORT to another.`;
  if (code === "EACCES") return `Port ${port} is not for ordinary users. Set PORT to one above 1023.`;
  return null;
};

/** The code nearest to the cause: SQLSTATE, or the system's. */
const codeOf = (error: unknown): string | null => {
  if (!(error instanceof Error)) return null;
  const { code } = error as { code?: unknown };
  return codeOf(error.cause) ?? (typeof code === "string" ? code : null);
};
