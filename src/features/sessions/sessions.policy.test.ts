import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY, SECOND } from "../../shared/durations.ts";
import { isLive, judgePresented, slidingExpiry } from "./sessions.policy.ts";

const now = new Date("2026-01-31T12:00:00Z");
const later = (ms: number) => new Date(now.getTime() + ms);

describe("a presented refresh token", () => {
  const session = { refreshGeneration: 5, refreshedAt: now };

  it.each([
    [5, 0, "CURRENT"],
    [5, 60 * SECOND, "CURRENT"],
    [4, 0, "JUST_SPENT"],
    [4, 10 * SECOND - 1, "JUST_SPENT"],
    [4, 10 * SECOND, "REPLAYED"],
    [3, 0, "REPLAYED"],
    [6, 0, "REPLAYED"],
  ])("of generation %i, %i ms after the last rotation, is %s", (generation, wait, verdict) => {
    expect(judgePresented(generation, session, later(wait), 10 * SECOND)).toBe(verdict);
  });

  it("is never told again when the grace time is nothing", () => {
    expect(judgePresented(4, session, now, 0)).toBe("REPLAYED");
  });
});

describe("a session's expiry", () => {
  it("slides, but never past the absolute end", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 * DAY }), fc.integer({ min: 1, max: 60 * DAY }), (end, lifetime) => {
        const expiry = slidingExpiry(now, lifetime, later(end));
        expect(expiry.getTime()).toBe(Math.min(now.getTime() + lifetime, now.getTime() + end));
      }),
    );
  });

  it("is over at its instant, not after it", () => {
    expect(isLive({ expiresAt: now, endedAt: null }, now)).toBe(false);
    expect(isLive({ expiresAt: later(1), endedAt: null }, now)).toBe(true);
    expect(isLive({ expiresAt: later(1), endedAt: now }, now)).toBe(false);
  });
});
