import { describe, expect, it } from "vitest";
import { countedNetworksOf, networkOf, normalizeIpAddress } from "./ip-address.ts";

describe("an address", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["203.0.113.7:5678", "203.0.113.7"],
    [" 203.0.113.7 ", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["::FFFF:CB00:7107", "203.0.113.7"],
    ["[::ffff:203.0.113.7]:80", "203.0.113.7"],
    ["[::1]:80", "::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["2001:DB8:0:0::1", "2001:db8::1"],
    ["2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"],
    ["fe80::1%eth0", "fe80::1"],
  ])("written as %j is normalized to %s", (given, address) => {
    expect(normalizeIpAddress(given)).toBe(address);
  });

  it.each(["", "garbage", "unknown", "999.1.1.1", "1.2.3.4:", "1.2.3.4:x", "[::1", "::1]:80", "1.2.3"])(
    "is not %j",
    (given) => {
      expect(normalizeIpAddress(given)).toBeNull();
    },
  );
});

describe("the network a client is counted by", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1:2:3:4", "fe80:0:0:0::/64"],
  ])("of %s is %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe("the networks whose budgets a client uses", () => {
  it("are the address alone for IPv4", () => {
    expect(countedNetworksOf("203.0.113.7")).toEqual([{ network: "203.0.113.7", factor: 1 }]);
  });

  it("are /64, /56 and /48 for IPv6, with four and sixteen times the budget", () => {
    expect(countedNetworksOf("2001:db8:1:abcd::1")).toEqual([
      { network: "2001:db8:1:abcd::/64", factor: 1 },
      { network: "2001:db8:1:ab00::/56", factor: 4 },
      { network: "2001:db8:1:0::/48", factor: 16 },
    ]);
  });

  it("are shared exactly by the addresses of the same prefix", () => {
    const widest = (address: string) => countedNetworksOf(address).at(-1)?.network;
    const middle = (address: string) => countedNetworksOf(address)[1]?.network;
    expect(widest("2001:db8:1::1")).toBe(widest("2001:db8:1:ffff:1:2:3:4"));
    expect(widest("2001:db8:1::1")).not.toBe(widest("2001:db8:2::1"));
    expect(middle("2001:db8:1:12ff::1")).toBe(middle("2001:db8:1:1200::9"));
    expect(middle("2001:db8:1:12ff::1")).not.toBe(middle("2001:db8:1:1300::9"));
  });
});
