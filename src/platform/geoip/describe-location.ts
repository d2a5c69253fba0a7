import type { GeoLocation } from "#shared/client-info";

/** The data of an address in a database. Every part may be missing, empty, or of another type, because the file is untrusted. */
export interface LocationFacts {
  readonly countryCode?: unknown;
  readonly region?: unknown;
  readonly city?: unknown;
  readonly latitude?: unknown;
  readonly longitude?: unknown;
}

const countryNames = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });

/** Not assigned by ISO 3166; databases use it for "unknown". */
const NO_COUNTRY = "ZZ";

/** Describes a location in words: "Kuala Lumpur, Malaysia". Null if neither city nor country is known. */
export const describeLocation = ({ region, ...facts }: LocationFacts): GeoLocation | null => {
  const [code, city] = [nameIn(facts.countryCode), nameIn(facts.city)];
  const countryCode = code && /^[A-Z]{2}$/.test(code) && code !== NO_COUNTRY ? code : null;
  const country = countryCode && (countryNames.of(countryCode) ?? countryCode);
  const cityName = city ? withoutDistrict(city) : null;
  if (!cityName && !country) return null;
  return {
    // City states appear once.
    label: [...new Set([cityName, country])].filter(Boolean).join(", "),
    city: cityName,
    countryCode,
    region: nameIn(region),
    coordinates: coordinatesOf(facts),
  };
};

/** The longest names of places have about 85 letters. */
const LONGEST_NAME = 120;

/** A name that is safe in the database, in logs and in mails: one line of printable characters. */
const nameIn = (value: unknown): string | null =>
  typeof value === "string" && value !== "" && value.length <= LONGEST_NAME && !/\p{C}/u.test(value) ? value : null;

/** DB-IP appends a city's district: "Kuala Lumpur (Bukit Bintang)". It is more often guessed than known. */
const withoutDistrict = (city: string): string => city.replace(/\s*\(.*$/, "") || city;

const coordinatesOf = ({
  latitude,
  longitude,
}: Pick<LocationFacts, "latitude" | "longitude">): GeoLocation["coordinates"] =>
  isDegrees(latitude, 90) && isDegrees(longitude, 180)
    ? { latitude: toKilometre(latitude), longitude: toKilometre(longitude) }
    : null;

/** False for values that are not numbers, including NaN. */
const isDegrees = (value: unknown, most: number): value is number =>
  typeof value === "number" && Math.abs(value) <= most;

/** Two decimals are a kilometre: more would pretend a precision that an address does not have, and would be stored. */
const toKilometre = (degrees: number): number => Math.round(degrees * 100) / 100;
