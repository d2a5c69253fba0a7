import { expect, it } from "vitest";
import { statisticsPeriod } from "./statistics-period.ts";

it("covers whole days, of which the last one is today", () => {
  expect(statisticsPeriod(7, Date.parse("2026-11-30T12:34:56Z"))).toEqual({
    from: "2026-11-24T00:00:00.000Z",
    to: "2026-12-01T00:00:00.000Z",
  });
});
