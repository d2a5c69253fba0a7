import { UsageError } from "./command.ts";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/**
 * Parses the time of an option.
 *
 * @throws {UsageError} if it is missing or has no time zone
 */
export const readTime = (text: string | undefined, option: string): Date => {
  const time = new Date(text ?? "");
  if (text === undefined || !TIME.test(text) || Number.isNaN(time.getTime()))
    throw new UsageError(`${option} requires a time with a time zone, such as 2026-01-31T12:00:00Z.`);
  return time;
};
