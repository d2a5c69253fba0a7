/** For `vi.waitFor`, whose default is a second: a wait is for a condition, and its bound only ends what never happens. */
export const PATIENCE_MS = 180_000;
export const PATIENCE = { timeout: PATIENCE_MS, interval: 20 };
