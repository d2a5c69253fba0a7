import { isIPv4, isIPv6, SocketAddress } from "node:net";
import type { FieldFault } from "#shared/errors";

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
 * The network of a client: its IPv4 address, or its IPv6 network (/64), of which one client may have every address.
 * Takes the one spelling of an address.
 */
export const networkOf = (ipAddress: string): string => (isIPv6(ipAddress) ? prefixOf(ipAddress, 64) : ipAddress);

/** A network that a client is counted by, and how many times the budget of a single client it has. */
export interface CountedNetwork {
  readonly network: string;
  readonly factor: number;
}

/** IPv6 prefixes that providers give to one customer. Wider ones may hold several customers and have a larger budget. */
const IPV6_PREFIXES = [
  { bits: 64, factor: 1 },
  { bits: 56, factor: 4 },
  { bits: 48, factor: 16 },
] as const;

/** The networks that a client is counted by, the narrowest first. Takes the one spelling of an address. */
export const countedNetworksOf = (ipAddress: string): readonly [CountedNetwork, ...CountedNetwork[]] => {
  if (!isIPv6(ipAddress)) return [{ network: ipAddress, factor: 1 }];
  const [narrowest, ...wider] = IPV6_PREFIXES;
  const counted = ({ bits, factor }: (typeof IPV6_PREFIXES)[number]) => ({
    network: prefixOf(ipAddress, bits),
    factor,
  });
  return [counted(narrowest), ...wider.map(counted)];
};

/** The network of that many bits, at most 64, that an IPv6 address belongs to. */
const prefixOf = (ipv6Address: string, bits: number): string => {
  const [head = "", tail] = ipv6Address.split("::");
  const before = head.split(":").filter(Boolean);
  const behind = tail?.split(":").filter(Boolean) ?? [];
  const zeros = Array.from({ length: 8 - before.length - behind.length }, () => "0");
  const groups = [...before, ...zeros, ...behind].slice(0, 4).map((group, index) => {
    const kept = Math.min(16, Math.max(0, bits - 16 * index));
    return (Number.parseInt(group, 16) & (0xffff << (16 - kept))).toString(16);
  });
  return `${groups.join(":")}::/${bits}`;
};
