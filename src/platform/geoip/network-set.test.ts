import { BlockList } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NetworkSet } from "./network-set.ts";

describe("a list of networks", () => {
  const set = NetworkSet.parse(`
    # The format of firewalls
    192.0.2.0/24            # a network
    198.51.100.7            ; one address
    203.0.113.16-203.0.113.31
    203.0.113.40 - 203.0.113.41
    10.1.2.3/8
    2001:db8:1::/48
    2001:DB8:2:0::1-2001:db8:2::ff\r
    ::1.2.3.4
  `);

  it.each([
    "192.0.2.0",
    "192.0.2.255",
    "198.51.100.7",
    "203.0.113.16",
    "203.0.113.31",
    "203.0.113.41",
    "10.255.255.255",
    "2001:db8:1:ffff:ffff:ffff:ffff:ffff",
    "2001:0DB8:0002::80",
    "::102:304",
    "::ffff:192.0.2.9",
    "::ffff:c000:209",
  ])("contains %s", (address) => {
    expect(set.has(address)).toBe(true);
  });

  it.each([
    "192.0.1.255",
    "192.0.3.0",
    "198.51.100.8",
    "203.0.113.15",
    "203.0.113.32",
    "11.0.0.0",
    "2001:db8:2::",
    "2001:db8:2::100",
    "2001:db8:0:ffff:ffff:ffff:ffff:ffff",
    "::c000:200",
    "1.2.3.4",
    "",
    "localhost",
    "999.1.1.1",
  ])("does not contain %s", (address) => {
    expect(set.has(address)).toBe(false);
  });

  it.each([
    "192.0.2.0/33",
    "192.0.2.0/-1",
    "192.0.2.0/",
    "192.0.2.0/2x",
    "192.0.2/24",
    "2001:db8::/129",
    "192.0.2.9-192.0.2.1",
    "192.0.2.1-2001:db8::1",
    "AS64496",
    "<html>",
  ])("is refused because of the line %j, which the error names", (line) => {
    expect(() => NetworkSet.parse(`192.0.2.0/24\n# fine so far\n${line}\n`)).toThrow(`Line 3 is not an address`);
  });

  it.each(["", "# nothing but a comment\n"])("is refused without any network: %j", (list) => {
    expect(() => NetworkSet.parse(list)).toThrow("contains no network");
  });

  it("counts overlapping or adjacent networks as one", () => {
    expect(NetworkSet.parse("10.0.0.0/9\n10.128.0.0/9\n10.2.0.0/16\n11.0.0.0\n12.0.0.0\n::/1").size).toBe(3);
  });
});

describe("any list", () => {
  /** Few addresses close together, so that networks overlap and touch. */
  const ipv4 = fc.nat(1023).map((number) => `10.0.${number >> 8}.${number & 255}`);
  const ipv6 = fc.nat(1023).map((number) => `2001:db8::${(number >> 8).toString(16)}:${(number & 255).toString(16)}`);
  const network = (address: fc.Arbitrary<string>, bits: number) =>
    fc.tuple(address, fc.integer({ min: bits - 10, max: bits })).map(([base, prefix]) => ({ base, prefix }));
  const networks = fc.array(fc.oneof(network(ipv4, 32), network(ipv6, 128)), { minLength: 1, maxLength: 12 });

  it("contains exactly the addresses that Node's own BlockList finds one by one", () => {
    fc.assert(
      fc.property(networks, fc.array(fc.oneof(ipv4, ipv6), { minLength: 1, maxLength: 20 }), (list, addresses) => {
        const set = NetworkSet.parse(list.map(({ base, prefix }) => `${base}/${prefix}`).join("\n"));
        const naive = new BlockList();
        for (const { base, prefix } of list) naive.addSubnet(base, prefix, familyOf(base));
        for (const address of addresses)
          expect(set.has(address), address).toBe(naive.check(address, familyOf(address)));
      }),
    );
  });

  it("loses no address when a network is added", () => {
    fc.assert(
      fc.property(
        networks,
        fc.oneof(network(ipv4, 32), network(ipv6, 128)),
        fc.oneof(ipv4, ipv6),
        (list, more, address) => {
          const lines = list.map(({ base, prefix }) => `${base}/${prefix}`);
          const before = NetworkSet.parse(lines.join("\n"));
          const after = NetworkSet.parse([...lines, `${more.base}/${more.prefix}`].join("\n"));
          expect(after.has(more.base)).toBe(true);
          if (before.has(address)) expect(after.has(address)).toBe(true);
        },
      ),
    );
  });

  const familyOf = (address: string) => (address.includes(":") ? "ipv6" : "ipv4");
});
