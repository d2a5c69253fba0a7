import type { Coordinates } from "./coordinates.ts";

/** What a request tells of the device it came from. */
export interface DeviceDescription {
  /** For people: "Firefox on Windows". */
  readonly label: string;
  readonly browser: string | null;
  readonly os: string | null;
  readonly type: DeviceType;
}

export type DeviceType = "DESKTOP" | "MOBILE" | "TABLET" | "OTHER";

/** How a place is called. */
export interface PlaceName {
  /** For people: "Kuala Lumpur, Malaysia". */
  readonly label: string;
  readonly city: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly countryCode: string | null;
}

/** A place on earth, as far as an address tells. */
export interface Place extends PlaceName {
  /** The state or province. */
  readonly region: string | null;
  /** To the kilometre. */
  readonly coordinates: Coordinates | null;
}

/** What is kept of a place where nobody will reckon with it: its name. */
export const nameOfPlace = (place: Place | null): PlaceName | null => {
  if (place === null) return null;
  const { label, city, countryCode } = place;
  return { label, city, countryCode };
};

/** Who is calling, before anybody is signed in. */
export interface Client {
  /** As far as the trusted proxies tell it. */
  readonly ipAddress: string;
  readonly device: DeviceDescription;
  /** Null for private and unknown addresses. */
  readonly location: Place | null;
}
