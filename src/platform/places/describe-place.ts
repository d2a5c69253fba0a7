import type { Place } from "../../shared/client.ts";

/** What a database tells of an address; every part may be missing, or be an empty text. */
export interface PlaceFacts {
  readonly countryCode?: string | undefined;
  readonly region?: string | undefined;
  readonly city?: string | undefined;
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
}

const countryNames = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });

/** ISO 3166 gives ZZ to nobody; databases write it for "unknown". */
const NO_COUNTRY = "ZZ";

/** Puts a place into words: "Kuala Lumpur, Malaysia". Null where neither city nor country is known. */
export const describePlace = ({ countryCode: code, region, city, ...point }: PlaceFacts): Place | null => {
  const countryCode = code && /^[A-Z]{2}$/.test(code) && code !== NO_COUNTRY ? code : null;
  const country = countryCode && (countryNames.of(countryCode) ?? countryCode);
  const cityName = city ? withoutDistrict(city) : null;
  if (!cityName && !country) return null;
  return {
    // City states are named once.
    label: [...new Set([cityName, country])].filter(Boolean).join(", "),
    city: cityName,
    countryCode,
    region: region || null,
    coordinates: coordinatesOf(point),
  };
};

/** DB-IP writes a city's district behind it: "Kuala Lumpur (Bukit Bintang)". Which one is guessed more often than known. */
const withoutDistrict = (city: string): string => city.replace(/\s*\(.*$/, "") || city;

const coordinatesOf = ({ latitude, longitude }: Pick<PlaceFacts, "latitude" | "longitude">): Place["coordinates"] =>
  latitude === undefined || longitude === undefined
    ? null
    : { latitude: toKilometre(latitude), longitude: toKilometre(longitude) };

/** Two decimals are a kilometre: nobody is placed more exactly than an address tells, nor kept so. */
const toKilometre = (degrees: number): number => Math.round(degrees * 100) / 100;
