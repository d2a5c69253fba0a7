import { isIPv6 } from "node:net";
import { type CityResponse, Reader } from "mmdb-lib";
import type { GeoLocation } from "#shared/client-info";
import { describeLocation, type LocationFacts } from "./describe-location.ts";

/** A record of one of `@ip-location-db`'s files. */
interface FlatRecord {
  readonly country_code: string;
  readonly state1: string;
  readonly city: string;
  readonly latitude: number;
  readonly longitude: number;
}

type CityRecord = CityResponse | FlatRecord;

/** Between the search tree and the data (MaxMind DB file format 2.0). */
const SEPARATOR_BYTES = 16;

/** A city database in MaxMind's format: GeoLite2, DB-IP's own, or one of `@ip-location-db`. */
export class CityDatabase {
  readonly #reader: Reader<CityResponse>;

  /** @throws {Error} if the bytes are not a complete database */
  constructor(bytes: Buffer) {
    this.#reader = new Reader(bytes);
    const { nodeCount, searchTreeSize } = this.#reader.metadata;
    if (!(nodeCount > 0 && searchTreeSize + SEPARATOR_BYTES < bytes.length))
      throw new Error("This is not a complete database in MaxMind's format.");
  }

  get builtAt(): Date {
    return this.#reader.metadata.buildEpoch;
  }

  /**
   * The location of a normalized address; null if unknown.
   *
   * @throws {Error} if the database is damaged
   */
  find(ipAddress: string): GeoLocation | null {
    // In a tree of IPv4 addresses the reader would use the first 32 bits.
    if (isIPv6(ipAddress) && this.#reader.metadata.ipVersion === 4) return null;
    const record: CityRecord | null = this.#reader.get(ipAddress);
    return record && describeLocation(factsOf(record));
  }
}

const factsOf = (record: CityRecord): LocationFacts => {
  if ("country_code" in record) {
    const { country_code: countryCode, state1: region, city, latitude, longitude } = record;
    return { countryCode, region, city, latitude, longitude };
  }
  const { country, subdivisions, city, location } = record;
  return {
    countryCode: country?.iso_code,
    region: subdivisions?.[0]?.names.en,
    city: city?.names.en,
    latitude: location?.latitude,
    longitude: location?.longitude,
  };
};
