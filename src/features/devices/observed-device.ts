import Bowser from "bowser";
import type { DeviceDescription } from "#shared/client";
import { UNKNOWN_DEVICE } from "./devices.policy.ts";

// Of a User-Agent that it does not know, Bowser returns any words as the browser's name: whoever logs in would choose them.
const BROWSERS: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP));
const SYSTEMS: ReadonlySet<string> = new Set(Object.values(Bowser.OS_MAP));

/** The name if it is one of the browsers that are known. */
export const knownBrowser = (name: string | null | undefined): string | undefined =>
  name && BROWSERS.has(name) ? name : undefined;

/** The name if it is one of the operating systems that are known. */
export const knownSystem = (name: string | null | undefined): string | undefined =>
  name && SYSTEMS.has(name) ? name : undefined;

/**
 * What security mails and the confirmation page say of a device: browser and system as the server recognised them, never
 * a text that the client chose. Null if neither is known.
 */
export const observedDevice = ({ browser, os }: Pick<DeviceDescription, "browser" | "os">): string | null => {
  const [knownOne, system] = [knownBrowser(browser), knownSystem(os)];
  return knownOne && system ? `${knownOne} on ${system}` : (knownOne ?? system ?? null);
};

/** The device without the name that its client chose. */
export const asObserved = (device: DeviceDescription): DeviceDescription => ({
  ...device,
  label: observedDevice(device) ?? UNKNOWN_DEVICE,
  browser: knownBrowser(device.browser) ?? null,
  os: knownSystem(device.os) ?? null,
});
