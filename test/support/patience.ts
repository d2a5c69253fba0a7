/**
 * For `vi.waitFor`, whose default is one second. A wait ends with its condition; the timeout only applies if that never occurs.
 */
export const PATIENCE_MS = 180_000;
export const PATIENCE = { timeout: PATIENCE_MS, interval: 20 };
