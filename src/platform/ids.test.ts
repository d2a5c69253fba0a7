import { describe, expect, it } from "vitest";
import { createIds, timeOfId } from "./ids.ts";

describe("ids", () => {
  let now = Date.UTC(2026, 0, 1);
  const ids = createIds({ now: () => new Date(now) });
  const next = () => ids.next<string>();

  it("have the clock's time", () => {
    expect(timeOfId(next())).toEqual(new Date(now));
    now += 5_000;
    expect(timeOfId(next())).toEqual(new Date(now));
  });

  it("increase within a millisecond, and while a corrected clock is slightly behind", () => {
    const before = [next(), next()];
    now -= 400;
    const after = [next(), next()];
    expect([...before, ...after].toSorted()).toEqual([...before, ...after]);
    expect(new Set([...before, ...after]).size).toBe(4);
  });

  it("follow a clock that was set back", () => {
    now -= 60_000;
    expect(timeOfId(next())).toEqual(new Date(now));
  });
});
