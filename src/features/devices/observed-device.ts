import Bowser from "bowser";
import type { DeviceDescription } from "#shared/client-info";
import { UNKNOWN_DEVICE } from "./devices.policy.ts";

// For an unknown User-Agent, Bowser returns arbitrary words as the browser's name, which an attacker could choose.
const BROWSERS: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP));
const SYSTEMS: ReadonlySet<string> = new Set(Object.values(Bowser.OS_MAP));

/** The name, if it is a known browser. */
export const knownBrowser = (name: string | null | undefined): string | undefined =>
  name && BROWSERS.has(name) ? name : undefined;

/** The name, if it is a known operating system. */
export const knownSystem = (name: string | null | undefined): string | undefined =>
  name && SYSTEMS.has(name) ? name : undefined;

/**
 * The device as described in security mails and on the confirmation page: browser and system as recognised by the server, never
 * a text chosen by the client. Null if neither is known.
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
