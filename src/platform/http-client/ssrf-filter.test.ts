import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPublicAddress, unwrapNat64 } from "./ssrf-filter.ts";

const PUBLIC = [
  "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "128.0.0.1", "169.253.255.255", "172.15.255.255",
  "172.32.0.0", "192.167.255.255", "193.0.0.1", "198.17.255.255", "198.20.0.0", "223.255.255.255",
  "2606:4700::1111", "2a00:1450:4001::1", "2001:200::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "64:ff9b::808:808",
]; // biome-ignore format: one list

const INSIDE = [
  "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
  "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1",
  "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
  "240.0.0.1", "255.255.255.255",
]; // biome-ignore format: one list

const INSIDE_IPV6 = [
  "::", "::1", "::7f00:1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "100::1",
  "2001::1", "2001:2::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "64:ff9b:1::808:808",
  "4000::1", "::ffff:0:8.8.8.8",
]; // biome-ignore format: one list

describe("an address is public", () => {
  it.each(PUBLIC)("as %s is", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([...INSIDE, ...INSIDE_IPV6])("as %s is not", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(["", "localhost", "1.1.1", "1.1.1.1.1", "0x7f000001", "2606:4700::1::1", "1.1.1.1/32"])(
    "as %j, which is not an address, is not",
    (text) => {
      expect(isPublicAddress(text)).toBe(false);
    },
  );
});

const byte = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(byte, byte, byte, byte);
const hex = (high: number, low: number) => (high * 256 + low).toString(16);

describe("an IPv4 address embedded in IPv6", () => {
  it("is checked as IPv4 if mapped into IPv6 or behind NAT64, dotted or in hexadecimal", () => {
    fc.assert(
      fc.property(ipv4, ([a, b, c, d]) => {
        const dotted = `${a}.${b}.${c}.${d}`;
        const tail = `${hex(a, b)}:${hex(c, d)}`;
        for (const clothed of [`::ffff:${dotted}`, `::ffff:${tail}`, `64:ff9b::${dotted}`, `64:ff9b:0:0:0:0:${tail}`])
          expect(isPublicAddress(clothed), clothed).toBe(isPublicAddress(dotted));
        expect(unwrapNat64(`64:ff9b::${tail}`)).toBe(dotted);
      }),
    );
  });

  it("is never public as 6to4 or in the compatible form, which are obsolete", () => {
    fc.assert(
      fc.property(ipv4, ([a, b, c, d]) => {
        expect(isPublicAddress(`2002:${hex(a, b)}:${hex(c, d)}::1`)).toBe(false);
        expect(isPublicAddress(`::${a}.${b}.${c}.${d}`)).toBe(false);
      }),
    );
  });
});
