import { badInput } from "#shared/errors";

export const INTERVALS = ["HOUR", "DAY", "WEEK", "MONTH"] as const;
export type Interval = (typeof INTERVALS)[number];

/** Maximum number of buckets returned by one call. */
export const MAX_BUCKETS = 400;

/** The years in which buckets can start: PostgreSQL and JavaScript format them identically. */
const YEARS = { first: 1970, last: 9998 };

/** Returns the start of the bucket that contains this instant, in UTC. Weeks start on Monday (ISO 8601). */
export const bucketStart = (interval: Interval, at: Date): Date => {
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  switch (interval) {
    case "HOUR":
      return new Date(Date.UTC(year, month, day, at.getUTCHours()));
    case "DAY":
      return new Date(Date.UTC(year, month, day));
    case "WEEK":
      return new Date(Date.UTC(year, month, day - ((at.getUTCDay() + 6) % 7)));
    case "MONTH":
      return new Date(Date.UTC(year, month));
  }
};

/** Returns the start of the bucket after the one that starts here. */
export const nextBucket = (interval: Interval, start: Date): Date => {
  const [year, month, day] = [start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate()];
  switch (interval) {
    case "HOUR":
      return new Date(Date.UTC(year, month, day, start.getUTCHours() + 1));
    case "DAY":
      return new Date(Date.UTC(year, month, day + 1));
    case "WEEK":
      return new Date(Date.UTC(year, month, day + 7));
    case "MONTH":
      return new Date(Date.UTC(year, month + 1));
  }
};

/**
 * Returns the starts of all buckets that overlap the period, oldest first.
 * @throws {AppError} BAD_USER_INPUT if `to` is not after `from`, a year is not 1970 to 9998, or there are more than MAX_BUCKETS
 */
export const bucketStarts = (interval: Interval, { from, to }: { readonly from: Date; readonly to: Date }): Date[] => {
  const faults = [
    ...validateYears("from", from),
    ...validateYears("to", to),
    ...(from < to ? [] : [{ path: "to", message: "The end must be after the start." }]),
  ];
  if (faults.length > 0) throw badInput(...faults);
  const starts: Date[] = [];
  for (let start = bucketStart(interval, from); start < to; start = nextBucket(interval, start)) {
    if (starts.length === MAX_BUCKETS)
      throw badInput({ path: "to", message: `The period has more than ${MAX_BUCKETS} buckets.` });
    starts.push(start);
  }
  return starts;
};

const validateYears = (path: string, instant: Date) => {
  const year = instant.getUTCFullYear();
  return year >= YEARS.first && year <= YEARS.last
    ? []
    : [{ path, message: `The year must be ${YEARS.first} to ${YEARS.last}.` }];
};
