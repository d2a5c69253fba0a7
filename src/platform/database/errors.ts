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
  "40P01", // deadlock_detected: rolled back, and worth another try
  "55P03", // lock_not_available: lock_timeout
  "57014", // query_canceled: statement_timeout
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

/** Connection exceptions, and what Postgres has run out of: connections, memory, disk. */
const AWAY_CLASS = /^(08|53)/;

/** Whether Postgres could not be asked, or not now: the answer is 503, never "not signed in". */
export const isDatabaseAway = (error: unknown): boolean => {
  for (const code of codesOf(error)) if (AWAY.has(code) || AWAY_CLASS.test(code)) return true;
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
