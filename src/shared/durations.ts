/** Durations in milliseconds. */
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The instant `milliseconds` after `instant` (before it if negative). */
export const after = (instant: Date, milliseconds: number): Date => new Date(instant.getTime() + milliseconds);
