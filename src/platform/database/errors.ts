/** The connection is lost, or could not be established. */
const LOST = new Set([
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
  "25P03", // idle_in_transaction_session_timeout
  "57P01", // admin_shutdown
  "57P02", // crash_shutdown
  "57P03", // cannot_connect_now
  "57P05", // idle_session_timeout
]);

/** Postgres is available, but cannot execute this statement now. */
const BUSY = new Set([
  "25006", // read_only_sql_transaction: a standby, in the middle of a failover
  "40P01", // deadlock_detected: rolled back, and worth another try
  "55P03", // lock_not_available: lock_timeout
  "57014", // query_canceled: statement_timeout
]);

const codesOf = function* (error: unknown): Generator<string> {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as Error & { code?: unknown };
    if (typeof code === "string") yield code;
  }
};

/** Whether the connection is lost: nothing can be sent on it any more. Class 08: connection exceptions. */
export const isConnectionLost = (error: unknown): boolean => {
  for (const code of codesOf(error)) if (LOST.has(code) || code.startsWith("08")) return true;
  return false;
};

/**
 * Whether Postgres is unavailable, at least for now: the response is 503, never "not signed in". Class 53: out of connections,
 * memory or disk.
 */
export const isDatabaseUnavailable = (error: unknown): boolean => {
  for (const code of codesOf(error)) if (BUSY.has(code) || code.startsWith("53")) return true;
  return isConnectionLost(error);
};

/**
 * Whether Postgres responds but cannot write: its disk or memory is full (class 53), a system error occurred (class 58), or it is
 * read-only after a failover.
 */
export const isWriteRefused = (error: unknown): boolean => {
  for (const code of codesOf(error)) if (code === "25006" || /^(53|58)/.test(code)) return true;
  return false;
};

/** Whether a statement gave up waiting for a lock: by lock_timeout, or as the victim of a deadlock. */
export const isLockUnavailable = (error: unknown): boolean => {
  for (const code of codesOf(error)) if (code === "55P03" || code === "40P01") return true;
  return false;
};

/** The name of the violated unique constraint; null for other errors. */
export const violatedUniqueConstraint = (error: unknown): string | null => {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, constraint_name: name } = at as Error & { code?: unknown; constraint_name?: unknown };
    if (code === "23505" && typeof name === "string") return name;
  }
  return null;
};

/** The SQLSTATE if Postgres refused the data itself (class 22) or the data violate a constraint (class 23); otherwise null. */
export const dataFaultOf = (error: unknown): string | null => {
  for (const code of codesOf(error)) if (/^2[23]/.test(code)) return code;
  return null;
};

/** Whether a statement failed only because an earlier one of its transaction failed (25P02). */
export const isAborted = (error: unknown): boolean => [...codesOf(error)].includes("25P02");
