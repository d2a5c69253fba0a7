import { describe, expect, it } from "vitest";
import { after, HOUR, SECOND } from "./durations.ts";
import { provedWithin } from "./viewer.ts";

describe("a proof", () => {
  const authenticatedAt = new Date("2026-03-01T12:00:00Z");
  const isFresh = (later: number): boolean => provedWithin({ authenticatedAt }, 600, after(authenticatedAt, later));

  it("is fresh for as many seconds as are asked for", () => {
    expect(isFresh(0)).toBe(true);
    expect(isFresh(600 * SECOND)).toBe(true);
    expect(isFresh(601 * SECOND)).toBe(false);
  });

  it("that was fresh no longer is not made so by a clock that is set back", () => {
    expect(isFresh(-SECOND)).toBe(true);
    expect(isFresh(-HOUR)).toBe(false);
  });
});
