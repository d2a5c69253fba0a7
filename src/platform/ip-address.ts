import { isIP } from "node:net";
import ipaddr, { type IPv4, type IPv6 } from "ipaddr.js";
import type { FieldError } from "#shared/errors";

/**
 * An address without the brackets, port or zone that proxies add. IPv4-mapped IPv6 is returned as IPv4. Null for anything else.
 */
export const parseIpAddress = (text: string): IPv4 | IPv6 | null => {
  const address = text.trim().replace(/^\[(.+)\](:\d+)?$|^([\d.]+):\d+$/, "$1$3");
  // ipaddr.js would also accept octal, hexadecimal and shortened IPv4 addresses: 0x7f000001, 127.1.
  const family = isIP(address);
  if (family !== 6) return family === 4 ? ipaddr.IPv4.parse(address) : null;
  const parsed = ipaddr.IPv6.parse(address.replace(/%.*$/, "").replace(/[\d.]+\.\d+$/, toGroups));
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : parsed;
};

/** ipaddr.js reads ::1.2.3.4, which is not IPv4-mapped, as ::ffff:1.2.3.4, so the dotted end is replaced. */
const toGroups = (ipv4: string): string =>
  Buffer.from(ipaddr.IPv4.parse(ipv4).octets).toString("hex").replace(/^..../, "$&:");

/** The normalized spelling of an address (RFC 5952), or null if it is not an address. */
export const normalizeIpAddress = (text: string): string | null => {
  const address = parseIpAddress(text);
  return address && (isV6(address) ? address.toRFC5952String() : address.toString());
};

export const isV6 = (address: IPv4 | IPv6): address is IPv6 => address.kind() === "ipv6";

/** The faults of an address to search for: anything but one IPv4 or IPv6 address would silently find nothing. */
export const validateIpAddress = (address: string, path: string): readonly FieldError[] =>
  normalizeIpAddress(address) === null ? [{ path, message: "Use one IPv4 or IPv6 address." }] : [];

/** The network of a client: its IPv4 address, or its IPv6 network (/64), because one client may use all addresses in it. */
export const networkOf = (ipAddress: string): string => countedNetworksOf(ipAddress)[0].network;

/** Whether two addresses belong to one home or company, which often has several addresses: IPv4 /24, IPv6 /48. */
export const isSameSite = (one: string, other: string): boolean => {
  const [first, second] = [parseIpAddress(one), parseIpAddress(other)];
  if (first === null || second === null) return one === other;
  return first.kind() === second.kind() && first.match(second, isV6(first) ? 48 : 24);
};

/** A network that a client is counted by, and its multiple of a single client's budget. */
export interface CountedNetwork {
  readonly network: string;
  readonly factor: number;
}

/**
 * IPv6 prefixes that providers assign to one customer. Wider ones may contain several customers, so they have a larger budget.
 */
const IPV6_PREFIXES = [
  { bits: 64, factor: 1 },
  { bits: 56, factor: 4 },
  { bits: 48, factor: 16 },
] as const;

/** The networks that a client is counted by, narrowest first. */
export const countedNetworksOf = (ipAddress: string): readonly [CountedNetwork, ...CountedNetwork[]] => {
  const address = parseIpAddress(ipAddress);
  if (address === null || !isV6(address)) return [{ network: ipAddress, factor: 1 }];
  const [narrowest, ...wider] = IPV6_PREFIXES;
  const counted = ({ bits, factor }: (typeof IPV6_PREFIXES)[number]) => ({ network: prefixOf(address, bits), factor });
  return [counted(narrowest), ...wider.map(counted)];
};

/** The network with this prefix length, at most 64. Limits are stored by this spelling. */
const prefixOf = (address: IPv6, bits: number): string => {
  const { parts } = ipaddr.IPv6.networkAddressFromCIDR(`${address.toNormalizedString()}/${bits}`);
  const groups = parts.slice(0, 4).map((part) => part.toString(16));
  return `${groups.join(":")}::/${bits}`;
};
