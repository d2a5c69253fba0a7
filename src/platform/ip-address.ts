import { isIPv4, isIPv6, SocketAddress } from "node:net";
import type { FieldFault } from "../shared/errors.ts";

/**
 * The one spelling of an address (RFC 5952), without what proxies write around it: brackets, a port, a zone. IPv4 in the
 * clothes of IPv6 is IPv4. Null where it is no address.
 */
export const normalizeIpAddress = (text: string): string | null => {
  const address = text.trim().replace(/^\[(.+)\](:\d+)?$|^([\d.]+):\d+$/, "$1$3");
  if (!isIPv6(address)) return isIPv4(address) ? address : null;
  const canonical = new SocketAddress({ address, family: "ipv6" }).address;
  return /^::ffff:([\d.]+)$/.exec(canonical)?.[1] ?? canonical;
};

/** What is wrong with an address to look for: anything but one IPv4 or IPv6 address would silently find nothing. */
export const ipAddressFaults = (address: string, path: string): readonly FieldFault[] =>
  normalizeIpAddress(address) === null ? [{ path, message: "Use one IPv4 or IPv6 address." }] : [];

/**
 * What a client is counted by: its IPv4 address, or its IPv6 network (/64), of which one client may have every address.
 * Takes the one spelling of an address.
 */
export const networkOf = (ipAddress: string): string => {
  if (!isIPv6(ipAddress)) return ipAddress;
  const [head = "", tail] = ipAddress.split("::");
  const before = head.split(":").filter(Boolean);
  const behind = tail?.split(":").filter(Boolean) ?? [];
  const zeros = Array.from({ length: 8 - before.length - behind.length }, () => "0");
  return `${[...before, ...zeros, ...behind].slice(0, 4).join(":")}::/64`;
};
