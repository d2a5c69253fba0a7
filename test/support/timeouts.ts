/**
 * For `vi.waitFor`, whose default is one second. A wait ends with its condition; the timeout only applies if that never occurs.
 */
export const WAIT_TIMEOUT_MS = 180_000;
export const WAIT = { timeout: WAIT_TIMEOUT_MS, interval: 20 };
