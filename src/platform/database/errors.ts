const AWAY = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ENOTFOUND",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "53300", // too_many_connections
  "57P01", // admin_shutdown
  "57P02", // crash_shutdown
  "57P03", // cannot_connect_now
  "25006", // read_only_sql_transaction: a standby, in the middle of a failover
]);

const codesOf = function* (error: unknown): Generator<string> {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as Error & { code?: unknown };
    if (typeof code === "string") yield code;
  }
};

/** Whether Postgres could not be asked at all: the answer is 503, never "not signed in". */
export const isDatabaseAway = (error: unknown): boolean => {
  for (const code of codesOf(error)) if (AWAY.has(code) || code.startsWith("08")) return true;
  return false;
};

/** The name of the unique constraint that refused a row, or null where the error is another. */
export const violatedUniqueConstraint = (error: unknown): string | null => {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, constraint_name: name } = at as Error & { code?: unknown; constraint_name?: unknown };
    if (code === "23505" && typeof name === "string") return name;
  }
  return null;
};
