import { describe, expect, it } from "vitest";
import { after, HOUR, SECOND } from "./durations.ts";
import { elevatedFrom, isElevated } from "./viewer.ts";

describe("an elevation", () => {
  const steppedUpAt = new Date("2026-03-01T12:00:00Z");
  const isOpen = (later: number): boolean =>
    isElevated({ elevatedUntil: elevatedFrom(steppedUpAt) }, after(steppedUpAt, later));

  it("lasts ten minutes", () => {
    expect(isOpen(0)).toBe(true);
    expect(isOpen(599 * SECOND)).toBe(true);
    expect(isOpen(600 * SECOND)).toBe(false);
  });

  it("that has ended stays ended when the clock is set back", () => {
    expect(isOpen(-SECOND)).toBe(true);
    expect(isOpen(-HOUR)).toBe(false);
  });

  it("exists only on elevated tokens", () => {
    expect(isElevated({ elevatedUntil: null }, steppedUpAt)).toBe(false);
  });
});
