import { describe, expect, it } from "vitest";
import type { DeviceId, UserId } from "#shared/ids";
import { type LoginToCount, loginLimits } from "./login-limits.ts";

const DEVICE = "0199a7c0-0000-7000-8000-000000000001" as DeviceId;
const USER = "0199a7c0-0000-7000-8000-000000000002" as UserId;

const limitsOf = (login: Partial<LoginToCount> = {}) =>
  loginLimits({ subject: { userId: USER }, ipAddress: "203.0.113.7", knownDevice: null, installation: null, ...login });

const limitOf = (limits: ReturnType<typeof limitsOf>) =>
  limits.all.filter(({ key }) => key.startsWith("login:network:")).map(({ limit }) => limit);

describe("the limits of a login", () => {
  it("do not contain the IP address", () => {
    for (const knownDevice of [null, DEVICE]) {
      const keys = limitsOf({ knownDevice }).all.map(({ key }) => key);
      expect(keys.join()).not.toContain("203.0");
    }
  });

  it("count an IPv4 address alone, and an IPv6 address with its /56 and /48", () => {
    expect(limitOf(limitsOf())).toEqual([50]);
    expect(limitOf(limitsOf({ ipAddress: "2001:db8::1" }))).toEqual([50, 200, 800]);
  });

  it("have no limit for the whole installation unless one is set", () => {
    expect(limitsOf().installation).toBeNull();
    expect(limitsOf({ installation: 1_600 }).installation).toMatchObject({ limit: 100, window: 60 });
  });

  it("exempt a known device from all limits that others can exhaust", () => {
    const { all } = limitsOf({ knownDevice: DEVICE, installation: 1_600 });
    expect(all.every(({ key }) => key.endsWith(DEVICE))).toBe(true);
  });

  it("spread addresses evenly over the shards of the installation", () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 4_096; i++) {
      const { installation } = limitsOf({ ipAddress: `203.0.${i >> 8}.${i & 255}`, installation: 600 });
      const shard = installation?.key ?? "";
      counts.set(shard, (counts.get(shard) ?? 0) + 1);
    }
    expect(counts.size).toBe(16);
    expect(Math.min(...counts.values())).toBeGreaterThan(180);
  });
});
