import { describe, expect, it } from "vitest";
import type { DeviceId } from "../../shared/ids.ts";
import { loginLimits } from "./login.limits.ts";

const DEVICE = "0199a7c0-0000-7000-8000-000000000001" as DeviceId;

describe("the limits of a login", () => {
  it("name neither the identifier nor the address", () => {
    const keys = (device: DeviceId | null) =>
      loginLimits("ada@example.com", "203.0.113.7", device)
        .all.map(({ key }) => key)
        .join();
    expect(keys(null)).not.toMatch(/ada@|203\.0/);
    expect(keys(DEVICE)).not.toMatch(/ada@|203\.0/);
  });

  it("spread addresses evenly over the shards of the installation", () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 4_096; i++) {
      const address = `203.0.${i >> 8}.${i & 255}`;
      const [shard = ""] = loginLimits("ada", address, null).sharedKeys.filter((key) => key.startsWith("login:shard:"));
      counts.set(shard, (counts.get(shard) ?? 0) + 1);
    }
    expect(counts.size).toBe(16);
    expect(Math.min(...counts.values())).toBeGreaterThan(180);
  });
});
