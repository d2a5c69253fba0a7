const KEY = "portcullis.factor-hint";
const PAUSE_MS = 30 * 24 * 60 * 60 * 1_000;

/** Whether this browser's user chose “Not now” less than 30 days ago. */
export const isFactorHintDismissed = (): boolean => Date.now() - Number(localStorage.getItem(KEY) ?? 0) < PAUSE_MS;

export const dismissFactorHint = (): void => localStorage.setItem(KEY, String(Date.now()));
