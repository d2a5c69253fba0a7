import { V7Generator } from "uuidv7";
import type { Clock } from "./clock.ts";

/** Generates ids. They sort by time (UUIDv7, RFC 9562), so a primary key also reflects the order of creation. */
export interface Ids {
  next<Id extends string>(): Id;
}

/**
 * If the clock is set back by less, it was corrected, and ids continue to increase. If by more, they follow it.
 */
const MAX_CORRECTION_MS = 1_000;

/**
 * Ids with the clock's time in milliseconds (RFC 9562, section 6.2) that increase within one process. After a small correction of
 * the clock, they keep the last time until the clock has caught up; after a larger one they follow the clock, because otherwise
 * rows could belong to another monthly partition.
 */
export const createIds = (clock: Clock): Ids => {
  const generator = new V7Generator();
  return {
    next: <Id extends string>() =>
      generator.generateOrResetCore(clock.now().getTime(), MAX_CORRECTION_MS).toString() as Id,
  };
};

/** The instant at which a UUIDv7 was created (RFC 9562, section 5.7: its first 48 bits are Unix milliseconds). */
export const timeOfId = (id: string): Date => new Date(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16));

/** Lower than every id created at this instant or later. */
export const firstIdAt = <Id extends string>(instant: Date): Id => {
  const time = Math.max(0, instant.getTime()).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-7000-8000-000000000000` as Id;
};

/** Whether Postgres accepts this instant in a query: an id made up by a client may contain the year 10889. */
export const isStorable = (instant: Date): boolean => instant.getUTCFullYear() <= 9999;
