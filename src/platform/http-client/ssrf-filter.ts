import { NetworkSet } from "../geoip/network-set.ts";
import { isV6, parseIpAddress } from "../ip-address.ts";

// IANA's registries of special-purpose addresses (RFC 6890 and its updates), and the addresses of clouds' internal services.
// 169.254.169.254, 100.100.100.200, 192.0.0.192 and fd00:ec2::254 are in these networks anyway.

/** IPv4 networks that are not public. */
const NOT_PUBLIC_IPV4 = NetworkSet.parse(`
  0.0.0.0/8        # this host
  10.0.0.0/8       # private
  100.64.0.0/10    # carriers' NAT
  127.0.0.0/8      # loopback
  168.63.129.16    # Azure's internal service for its machines
  169.254.0.0/16   # link-local: metadata of clouds
  172.16.0.0/12    # private
  192.0.0.0/24     # protocol assignments
  192.0.2.0/24     # documentation
  192.88.99.0/24   # relays of 6to4
  192.168.0.0/16   # private
  198.18.0.0/15    # benchmarks
  198.51.100.0/24  # documentation
  203.0.113.0/24   # documentation
  224.0.0.0/4      # multicast
  240.0.0.0/4      # reserved, and broadcast
`);

/** All allocated IPv6 addresses. Loopback, unique-local, link-local, multicast and embedded IPv4 addresses are outside. */
const GLOBAL_IPV6 = NetworkSet.parse("2000::/3");

/** The networks within it that do not lead directly to a public host. */
const NOT_PUBLIC_IPV6 = NetworkSet.parse(`
  2001::/23        # protocol assignments, Teredo among them
  2001:db8::/32    # documentation
  2002::/16        # 6to4, which embeds an IPv4 address and is obsolete (RFC 7526)
  3fff::/20        # documentation
`);

/** The prefix by which translators make IPv4 hosts reachable from IPv6 (RFC 6052): the last four bytes are the IPv4 address. */
const NAT64 = NetworkSet.parse("64:ff9b::/96");

/** The IPv4 address behind a translator; otherwise the address itself. */
export const unwrapNat64 = (address: string): string =>
  NAT64.has(address) ? (parseIpAddress(address)?.toByteArray().slice(-4).join(".") ?? address) : address;

/**
 * Whether an address is public. IPv4-mapped IPv6 (::ffff:10.0.0.1) and IPv4 behind NAT64 are checked as IPv4. False for text that
 * is not an address.
 */
export const isPublicAddress = (text: string): boolean => {
  const address = parseIpAddress(unwrapNat64(text));
  if (address === null) return false;
  const canonical = address.toString();
  return isV6(address)
    ? GLOBAL_IPV6.has(canonical) && !NOT_PUBLIC_IPV6.has(canonical)
    : !NOT_PUBLIC_IPV4.has(canonical);
};
