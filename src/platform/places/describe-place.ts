import type { Place } from "#shared/client";

/** What a database tells of an address. Every part may be missing, empty, or anything else: who knows who wrote the file. */
export interface PlaceFacts {
  readonly countryCode?: unknown;
  readonly region?: unknown;
  readonly city?: unknown;
  readonly latitude?: unknown;
  readonly longitude?: unknown;
}

const countryNames = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });

/** ISO 3166 gives ZZ to nobody; databases write it for "unknown". */
const NO_COUNTRY = "ZZ";

/** Puts a place into words: "Kuala Lumpur, Malaysia". Null where neither city nor country is known. */
export const describePlace = ({ region, ...facts }: PlaceFacts): Place | null => {
  const [code, city] = [nameIn(facts.countryCode), nameIn(facts.city)];
  const countryCode = code && /^[A-Z]{2}$/.test(code) && code !== NO_COUNTRY ? code : null;
  const country = countryCode && (countryNames.of(countryCode) ?? countryCode);
  const cityName = city ? withoutDistrict(city) : null;
  if (!cityName && !country) return null;
  return {
    // City states are named once.
    label: [...new Set([cityName, country])].filter(Boolean).join(", "),
    city: cityName,
    countryCode,
    region: nameIn(region),
    coordinates: coordinatesOf(facts),
  };
};

/** The longest names of places have some 85 letters. */
const LONGEST_NAME = 120;

/** A name as it may stand in the database, in logs and in mails: one line of printable characters. */
const nameIn = (value: unknown): string | null =>
  typeof value === "string" && value !== "" && value.length <= LONGEST_NAME && !/\p{C}/u.test(value) ? value : null;

/** DB-IP writes a city's district behind it: "Kuala Lumpur (Bukit Bintang)". Which one is guessed more often than known. */
const withoutDistrict = (city: string): string => city.replace(/\s*\(.*$/, "") || city;

const coordinatesOf = ({ latitude, longitude }: Pick<PlaceFacts, "latitude" | "longitude">): Place["coordinates"] =>
  isDegrees(latitude, 90) && isDegrees(longitude, 180)
    ? { latitude: toKilometre(latitude), longitude: toKilometre(longitude) }
    : null;

/** False for what is no number, NaN included. */
const isDegrees = (value: unknown, most: number): value is number =>
  typeof value === "number" && Math.abs(value) <= most;

/** Two decimals are a kilometre: nobody is placed more exactly than an address tells, nor kept so. */
const toKilometre = (degrees: number): number => Math.round(degrees * 100) / 100;
