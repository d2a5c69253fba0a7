const POSTGRES_INSTANT =
  /^(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?( BC)?$/;

/** As Postgres writes instants since 1000, in a zone of whole minutes. */
const RECENT_LENGTH = "2026-11-20 09:00:00.123+05:30".length;

/**
 * Reads an instant that Postgres wrote as text. `Date` reads those of our time; it takes the year 1 for 2001 and does not
 * know zones with seconds, which sessions that are not in UTC have for instants before railways.
 *
 * @throws {RangeError} if the text is not an instant
 */
export const parseInstant = (text: string): Date => {
  const isRecent = text.length <= RECENT_LENGTH && !text.startsWith("0") && !text.endsWith("BC");
  const instant = isRecent ? new Date(text) : parseAncient(text);
  if (Number.isNaN(instant.getTime())) throw new RangeError("Postgres wrote an instant that cannot be read.");
  return instant;
};

const parseAncient = (text: string): Date => {
  const [match, year, month, day, hour, minute, second, fraction = "", sign, ...rest] =
    POSTGRES_INSTANT.exec(text) ?? [];
  if (match === undefined) return new Date(Number.NaN);
  const [zoneHours, zoneMinutes = 0, zoneSeconds = 0, era] = rest;
  const zone = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60 + Number(zoneSeconds);
  const instant = new Date(0);
  // The year before 1 is 1 BC to Postgres, and 0 to JavaScript.
  instant.setUTCFullYear(era === undefined ? Number(year) : 1 - Number(year), Number(month) - 1, Number(day));
  instant.setUTCHours(Number(hour), Number(minute), Number(second), Number(fraction.padEnd(3, "0").slice(0, 3)));
  return new Date(instant.getTime() + (sign === "-" ? zone : -zone) * 1_000);
};
