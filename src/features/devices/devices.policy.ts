import type { DeviceDescription, DeviceType } from "#shared/client-info";
import type { FieldError } from "#shared/errors";
import { validateName } from "#shared/names";

/** The result of parsing a User-Agent header. Every part may be missing. */
export interface ParsedUserAgent {
  readonly browser?: string | undefined;
  readonly os?: string | undefined;
  readonly platform?: string | undefined;
}

const TYPES: Readonly<Record<string, DeviceType>> = { desktop: "DESKTOP", mobile: "MOBILE", tablet: "TABLET" };

/** The label of an unknown device. */
export const UNKNOWN_DEVICE = "Unknown device";

/** A description for display: "Firefox on Windows", or the half that is known. */
export const describe = ({ browser, os, platform }: ParsedUserAgent): DeviceDescription => ({
  label: browser && os ? `${browser} on ${os}` : (browser ?? os ?? UNKNOWN_DEVICE),
  browser: browser ?? null,
  os: os ?? null,
  type: TYPES[platform ?? ""] ?? "OTHER",
});

const MAX_DEVICE_NAME = 60;

/** The faults of a device name given by a client. */
export const validateDeviceName = (name: string, path: string): readonly FieldError[] =>
  validateName(name.trim(), path, MAX_DEVICE_NAME);
