import Bowser from "bowser";
import type { GeoIpDatabase } from "#platform/geoip/index";
import { createLruCache } from "#platform/lru-cache";
import type { ClientInfo, DeviceDescription, GeoLocation } from "#shared/client-info";
import { badInput, type FieldError } from "#shared/errors";
import { cleanName } from "#shared/names";
import { describe, validateDeviceName } from "./devices.policy.ts";
import { knownBrowser, knownSystem } from "./observed-device.ts";

/** Longer headers do not come from browsers and only cost time. */
const MAX_USER_AGENT = 512;

const described = createLruCache<string, DeviceDescription>(2_000);

/** Describes the device of a User-Agent header. Never throws; unknown parts are null. */
export const describeUserAgent = (userAgent: string): DeviceDescription => {
  const known = userAgent.slice(0, MAX_USER_AGENT);
  const description = described.get(known) ?? parse(known);
  described.set(known, description);
  return description;
};

const parse = (userAgent: string): DeviceDescription => {
  if (userAgent === "") return describe({});
  const { browser, os, platform } = Bowser.parse(userAgent);
  // Other programs start with their name: curl/8.5.0. A name with a dot is not accepted, because mail clients would make it a link.
  const [, program] = /^(?!Mozilla)([A-Za-z][\w-]{0,39})\//.exec(userAgent) ?? [];
  return describe({
    browser: knownBrowser(browser.name) ?? program,
    os: knownSystem(os.name),
    platform: platform.type,
  });
};

/** The client of a request. Its device and location are determined lazily. */
export const createClient = (ipAddress: string, userAgent: string, geoip: Pick<GeoIpDatabase, "find">): ClientInfo => {
  let location: GeoLocation | null | undefined;
  return {
    ipAddress,
    get device() {
      return describeUserAgent(userAgent);
    },
    get location() {
      location = location === undefined ? geoip.find(ipAddress) : location;
      return location;
    },
  };
};

/**
 * The client with the device name that it gives, if any.
 * @param others faults of the same input, reported together with those of the name
 * @throws {AppError} BAD_USER_INPUT
 */
export const nameDevice = (
  client: ClientInfo,
  name: string | null | undefined,
  others: readonly FieldError[] = [],
): ClientInfo => {
  const faults = [...others, ...validateDeviceName(name ?? "", "input.deviceName")];
  if (faults.length > 0) throw badInput(...faults);
  const label = cleanName(name ?? "");
  if (label === "") return client;
  return { ...client, device: { ...client.device, label } };
};
