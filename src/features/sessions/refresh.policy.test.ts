import { describe, expect, it } from "vitest";
import { DAY, HOUR, SECOND } from "#shared/durations";
import { claimsWith, classifyRefreshToken } from "./refresh.policy.ts";

const now = new Date("2026-01-31T12:00:00Z");
const later = (ms: number) => new Date(now.getTime() + ms);

describe("a presented refresh token", () => {
  const unused = { refreshGeneration: 5, refreshedAt: now, usedGeneration: 4 };
  const used = { ...unused, usedGeneration: 5 };

  it.each([
    [5, 0, used, "CURRENT"],
    [5, 60 * SECOND, unused, "CURRENT"],
    [4, 0, used, "ROTATED_WITHIN_GRACE"],
    [4, 10 * SECOND - 1, used, "ROTATED_WITHIN_GRACE"],
    [4, -10 * SECOND + 1, used, "ROTATED_WITHIN_GRACE"],
    [4, 10 * SECOND, used, "REUSED"],
    [4, -10 * SECOND, used, "REUSED"],
    [4, 10 * SECOND, unused, "UNANSWERED"],
    [4, DAY - 1, unused, "UNANSWERED"],
    [4, DAY, unused, "REUSED"],
    [3, 0, unused, "REUSED"],
    [6, 0, used, "AHEAD"],
    [99, DAY, unused, "AHEAD"],
  ])(
    "of generation %i, %i ms after the last rotation, is classified (case %#)",
    (generation, wait, session, verdict) => {
      expect(classifyRefreshToken(generation, session, later(wait), 10 * SECOND)).toBe(verdict);
    },
  );

  it("never gets its successor again if the grace time is 0", () => {
    expect(classifyRefreshToken(4, unused, now, 0)).toBe("REUSED");
    expect(classifyRefreshToken(4, unused, later(HOUR), 0)).toBe("REUSED");
  });
});

describe("claims that the response to a refresh was lost", () => {
  const claim = (ago: number, elsewhere = false) => ({ at: later(-ago).toISOString(), elsewhere });

  it("are granted twice within a day", () => {
    expect(claimsWith([], false, now)).toEqual([claim(0)]);
    expect(claimsWith([claim(HOUR)], false, now)).toEqual([claim(HOUR), claim(0)]);
    expect(claimsWith([claim(2 * HOUR), claim(HOUR)], false, now)).toBeNull();
    expect(claimsWith([claim(DAY), claim(HOUR)], false, now)).toEqual([claim(HOUR), claim(0)]);
  });

  it("are granted once from another network", () => {
    expect(claimsWith([claim(HOUR)], true, now)).toEqual([claim(HOUR), claim(0, true)]);
    expect(claimsWith([claim(HOUR, true)], true, now)).toBeNull();
    expect(claimsWith([claim(HOUR, true)], false, now)).toHaveLength(2);
    expect(claimsWith([claim(DAY, true)], true, now)).toEqual([claim(0, true)]);
  });
});
