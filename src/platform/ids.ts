import { V7Generator } from "uuidv7";
import type { Clock } from "./clock.ts";

/** Makes ids. They sort by time (UUIDv7, RFC 9562), so a primary key is also the order of creation. */
export interface Ids {
  next<Id extends string>(): Id;
}

/** A clock that is set back by less, in milliseconds, was corrected: ids go on rising. By more, they follow it. */
const CORRECTION = 1_000;

/**
 * Ids whose time is the clock's, to the millisecond (RFC 9562, section 6.2), and that rise within one process. While a correction of
 * the clock is made up for, they keep the last time: more would name another month of partitioned rows.
 */
export const createIds = (clock: Clock): Ids => {
  const generator = new V7Generator();
  return {
    next: <Id extends string>() => generator.generateOrResetCore(clock.now().getTime(), CORRECTION).toString() as Id,
  };
};

/** The instant a UUIDv7 was made (RFC 9562, section 5.7: its first 48 bits are Unix milliseconds). */
export const timeOfId = (id: string): Date => new Date(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16));

/** Below every id that is made at this instant or later. */
export const firstIdAt = <Id extends string>(instant: Date): Id => {
  const time = Math.max(0, instant.getTime()).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-7000-8000-000000000000` as Id;
};

/** Whether Postgres can be asked for this instant: an id that a client made up may name the year 10889. */
export const isStorable = (instant: Date): boolean => instant.getUTCFullYear() <= 9999;
