import { expect, it } from "vitest";
import { formatPeriod, parsePeriod, rangeOf } from "./period.ts";

const NOW = Date.parse("2026-11-30T12:34:56Z");

it("reads a preset as a period until now, from a full minute on", () => {
  expect(rangeOf(parsePeriod("7d"), NOW)).toEqual({ from: "2026-11-23T12:34:00.000Z" });
});

it("includes both days of a range", () => {
  const range = rangeOf(parsePeriod("2026-11-01..2026-11-02"), NOW);
  expect(range).toEqual({
    from: new Date("2026-11-01T00:00").toISOString(),
    to: new Date("2026-11-03T00:00").toISOString(),
  });
});

it("leaves an end open", () => {
  expect(Object.keys(rangeOf(parsePeriod("..2026-11-02"), NOW) ?? {})).toEqual(["to"]);
  expect(Object.keys(rangeOf(parsePeriod("2026-11-02.."), NOW) ?? {})).toEqual(["from"]);
});

it.each(["", "..", "yesterday", "2026-13-40..", "1d", "toString"])("ignores %j, which is not a period", (text) => {
  expect(parsePeriod(text)).toBeNull();
});

it("reads what it writes", () => {
  const text = formatPeriod("2026-11-01", null);
  expect(parsePeriod(text)).toEqual({ from: "2026-11-01", to: null });
  expect(formatPeriod(null, null)).toBeNull();
});
