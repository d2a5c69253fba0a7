import { isIP } from "node:net";
import type { FieldFault } from "../shared/errors.ts";

/** What is wrong with an address to look for: anything but one IPv4 or IPv6 address would silently find nothing. */
export const ipAddressFaults = (address: string, path: string): readonly FieldFault[] =>
  isIP(address) === 0 ? [{ path, message: "Use one IPv4 or IPv6 address." }] : [];
