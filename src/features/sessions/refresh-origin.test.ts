import { describe, expect, it } from "vitest";
import type { ClientInfo } from "#shared/client-info";
import { isElsewhere, isOtherNetwork } from "./refresh-origin.ts";

describe("the origin of a rotated refresh token", () => {
  const origin = { generation: 4, ipAddress: "203.0.113.7", device: "Firefox on Windows" };
  const clientAt = (ipAddress: string, label = "Firefox on Windows"): ClientInfo => ({
    ipAddress,
    device: { label, browser: null, os: null, type: "OTHER" },
    location: null,
  });

  it("is the same network within an IPv4 /24 and an IPv6 /48", () => {
    expect(isOtherNetwork(origin, clientAt("203.0.113.200"))).toBe(false);
    expect(isOtherNetwork(origin, clientAt("203.0.114.7"))).toBe(true);
    expect(isOtherNetwork({ ...origin, ipAddress: "2001:db8:1:2::1" }, clientAt("2001:db8:1:3::9"))).toBe(false);
    expect(isOtherNetwork({ ...origin, ipAddress: "2001:db8:1::1" }, clientAt("2001:db8:2::1"))).toBe(true);
    expect(isOtherNetwork({ ...origin, ipAddress: "2001:db8::1" }, clientAt("2001:db8:0:9::1"))).toBe(false);
    expect(isOtherNetwork(origin, clientAt("2001:db8::1"))).toBe(true);
  });

  it("is elsewhere on another kind of device, too", () => {
    expect(isElsewhere(origin, clientAt("203.0.113.8"))).toBe(false);
    expect(isElsewhere(origin, clientAt("203.0.113.8", "curl"))).toBe(true);
  });
});
