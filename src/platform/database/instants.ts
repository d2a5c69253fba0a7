const POSTGRES_INSTANT =
  /^(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?( BC)?$/;

/** The longest text of an instant since the year 1000 as Postgres writes it, in a time zone of whole minutes. */
const RECENT_LENGTH = "2026-11-20 09:00:00.123+05:30".length;

/**
 * Parses an instant in Postgres' text format. `Date` can parse those of recent times. It reads the year 1 as 2001, and it does
 * not support time zones with seconds, which sessions outside UTC use for historical instants.
 *
 * @throws {RangeError} if the text is not an instant
 */
export const parseInstant = (text: string): Date => {
  const isRecent = text.length <= RECENT_LENGTH && !text.startsWith("0") && !text.endsWith("BC");
  const instant = isRecent ? new Date(text) : parseAncient(text);
  if (Number.isNaN(instant.getTime())) throw new RangeError("The instant returned by Postgres is invalid.");
  return instant;
};

const parseAncient = (text: string): Date => {
  const [match, year, month, day, hour, minute, second, fraction = "", sign, ...rest] =
    POSTGRES_INSTANT.exec(text) ?? [];
  if (match === undefined) return new Date(Number.NaN);
  const [zoneHours, zoneMinutes = 0, zoneSeconds = 0, era] = rest;
  const zone = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60 + Number(zoneSeconds);
  const instant = new Date(0);
  // The year before 1 is 1 BC in Postgres, and 0 in JavaScript.
  instant.setUTCFullYear(era === undefined ? Number(year) : 1 - Number(year), Number(month) - 1, Number(day));
  instant.setUTCHours(Number(hour), Number(minute), Number(second), Number(fraction.padEnd(3, "0").slice(0, 3)));
  return new Date(instant.getTime() + (sign === "-" ? zone : -zone) * 1_000);
};
