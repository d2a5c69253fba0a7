import type { DeviceDescription, DeviceType } from "#shared/client";
import type { FieldFault } from "#shared/errors";
import { nameFaults } from "#shared/names";

/** What a User-Agent parser tells; every part may be missing. */
export interface ParsedUserAgent {
  readonly browser?: string | undefined;
  readonly os?: string | undefined;
  readonly platform?: string | undefined;
}

const TYPES: Readonly<Record<string, DeviceType>> = { desktop: "DESKTOP", mobile: "MOBILE", tablet: "TABLET" };

/** What a device is called of which nothing is known. */
export const UNKNOWN_DEVICE = "Unknown device";

/** Describes a device for people: "Firefox on Windows", or whichever half is known. */
export const describe = ({ browser, os, platform }: ParsedUserAgent): DeviceDescription => ({
  label: browser && os ? `${browser} on ${os}` : (browser ?? os ?? UNKNOWN_DEVICE),
  browser: browser ?? null,
  os: os ?? null,
  type: TYPES[platform ?? ""] ?? "OTHER",
});

const MAX_DEVICE_NAME = 60;

/** What is wrong with a name that a client gives its device. */
export const deviceNameFaults = (name: string, path: string): readonly FieldFault[] =>
  nameFaults(name.trim(), path, MAX_DEVICE_NAME);
