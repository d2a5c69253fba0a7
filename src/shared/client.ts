/** What a request tells of the device it came from. */
export interface DeviceDescription {
  /** For people: "Firefox on Windows". */
  readonly label: string;
  readonly browser: string | null;
  readonly os: string | null;
  readonly type: DeviceType;
}

export type DeviceType = "DESKTOP" | "MOBILE" | "TABLET" | "OTHER";

/** A place on earth, as far as an address tells. */
export interface Place {
  /** For people: "Kuala Lumpur, Malaysia". */
  readonly label: string;
  readonly city: string | null;
  readonly countryCode: string | null;
}

/** Who is calling, before anybody is signed in. */
export interface Client {
  /** As far as the trusted proxies tell it. */
  readonly ipAddress: string;
  readonly device: DeviceDescription;
  /** Null for private and unknown addresses. */
  readonly location: Place | null;
}
