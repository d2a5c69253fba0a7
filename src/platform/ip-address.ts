import { isIP, isIPv6 } from "node:net";
import type { FieldFault } from "../shared/errors.ts";

/** What is wrong with an address to look for: anything but one IPv4 or IPv6 address would silently find nothing. */
export const ipAddressFaults = (address: string, path: string): readonly FieldFault[] =>
  isIP(address) === 0 ? [{ path, message: "Use one IPv4 or IPv6 address." }] : [];

/** What a client is counted by: its IPv4 address, or its IPv6 network (/64), of which one client may have every address. */
export const networkOf = (ipAddress: string): string => {
  if (!isIPv6(ipAddress)) return ipAddress;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ipAddress)?.[1];
  if (mapped) return mapped;
  const [head = "", tail = ""] = ipAddress.toLowerCase().split("::");
  const before = head.split(":").filter(Boolean);
  const behind = ipAddress.includes("::") ? tail.split(":").filter(Boolean) : [];
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - behind.length) }, () => "0");
  const groups = ipAddress.includes("::") ? [...before, ...zeros, ...behind] : before;
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
};
