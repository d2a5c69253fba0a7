import Bowser from "bowser";
import { createLruCache } from "#platform/lru-cache";
import type { Places } from "#platform/places/index";
import type { Client, DeviceDescription, Place } from "#shared/client";
import { badInput, type FieldFault } from "#shared/errors";
import { cleanName } from "#shared/names";
import { describe, deviceNameFaults } from "./devices.policy.ts";
import { knownBrowser, knownSystem } from "./observed-device.ts";

/** Longer ones are not browsers, and only cost time. */
const MAX_USER_AGENT = 512;

const described = createLruCache<string, DeviceDescription>(2_000);

/** Describes the device behind a User-Agent header. Never throws; what is not known is null. */
export const describeUserAgent = (userAgent: string): DeviceDescription => {
  const known = userAgent.slice(0, MAX_USER_AGENT);
  const description = described.get(known) ?? parse(known);
  described.set(known, description);
  return description;
};

const parse = (userAgent: string): DeviceDescription => {
  if (userAgent === "") return describe({});
  const { browser, os, platform } = Bowser.parse(userAgent);
  // A program that is no browser says its name first: curl/8.5.0. A dot in it would make a link of it.
  const [, program] = /^(?!Mozilla)([A-Za-z][\w-]{0,39})\//.exec(userAgent) ?? [];
  return describe({
    browser: knownBrowser(browser.name) ?? program,
    os: knownSystem(os.name),
    platform: platform.type,
  });
};

/** The caller. His device is described, and his address looked up, only when somebody asks. */
export const createClient = (ipAddress: string, userAgent: string, places: Pick<Places, "find">): Client => {
  let location: Place | null | undefined;
  return {
    ipAddress,
    get device() {
      return describeUserAgent(userAgent);
    },
    get location() {
      location = location === undefined ? places.find(ipAddress) : location;
      return location;
    },
  };
};

/**
 * The caller by the name it gives its device, if it gives one.
 * @param others faults of the same input, which are reported together with those of the name
 * @throws {AppError} BAD_USER_INPUT
 */
export const nameDevice = (
  client: Client,
  name: string | null | undefined,
  others: readonly FieldFault[] = [],
): Client => {
  const faults = [...others, ...deviceNameFaults(name ?? "", "input.deviceName")];
  if (faults.length > 0) throw badInput(...faults);
  const label = cleanName(name ?? "");
  if (label === "") return client;
  return { ...client, device: { ...client.device, label } };
};
