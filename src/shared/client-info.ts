import type { Coordinates } from "./coordinates.ts";

/** The information that a request contains about its device. */
export interface DeviceDescription {
  /** For display: "Firefox on Windows". */
  readonly label: string;
  readonly browser: string | null;
  readonly os: string | null;
  readonly type: DeviceType;
}

export type DeviceType = "DESKTOP" | "MOBILE" | "TABLET" | "OTHER";

/** The name of a location. */
export interface GeoLabel {
  /** For display: "Kuala Lumpur, Malaysia". */
  readonly label: string;
  readonly city: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly countryCode: string | null;
}

/** A geographic location, as derived from an IP address. */
export interface GeoLocation extends GeoLabel {
  /** The state or province. */
  readonly region: string | null;
  /** With a precision of one kilometre. */
  readonly coordinates: Coordinates | null;
}

/** The part of a location that is stored if no distances are computed from it: its name. */
export const labelOf = (location: GeoLocation | null): GeoLabel | null => {
  if (location === null) return null;
  const { label, city, countryCode } = location;
  return { label, city, countryCode };
};

/** The device and network of a caller, before authentication. */
export interface ClientInfo {
  /** As reported by the trusted proxies. */
  readonly ipAddress: string;
  readonly device: DeviceDescription;
  /** Null for private and unknown addresses. */
  readonly location: GeoLocation | null;
}
