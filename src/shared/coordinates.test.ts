import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Coordinates, kilometresBetween } from "./coordinates.ts";

const BERLIN: Coordinates = { latitude: 52.52, longitude: 13.405 };
const KUALA_LUMPUR: Coordinates = { latitude: 3.139, longitude: 101.687 };
const LONDON: Coordinates = { latitude: 51.507, longitude: -0.128 };
const NEW_YORK: Coordinates = { latitude: 40.713, longitude: -74.006 };
const SUVA: Coordinates = { latitude: -18.142, longitude: 178.442 };
const APIA: Coordinates = { latitude: -13.833, longitude: -171.767 };
const SINGAPORE: Coordinates = { latitude: 1.352, longitude: 103.82 };

const somewhere = fc.record({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
});

describe("the distance", () => {
  it.each([
    ["London", LONDON, "New York", NEW_YORK, 5_570],
    ["Berlin", BERLIN, "Kuala Lumpur", KUALA_LUMPUR, 9_610],
    ["Kuala Lumpur", KUALA_LUMPUR, "Singapore", SINGAPORE, 309],
    ["Suva", SUVA, "Apia across the date line", APIA, 1_146],
  ])("from %s %j to %s %j is %d km", (_from, from, _to, to, kilometres) => {
    expect(Math.abs(kilometresBetween(from, to) / kilometres - 1)).toBeLessThan(0.005);
  });

  it("is symmetric, zero to the same place, and never more than half around the earth", () => {
    fc.assert(
      fc.property(somewhere, somewhere, (here, there) => {
        const distance = kilometresBetween(here, there);
        expect(distance).toBeCloseTo(kilometresBetween(there, here), 6);
        expect(distance).toBeGreaterThanOrEqual(0);
        expect(distance).toBeLessThanOrEqual(20_016);
        expect(kilometresBetween(here, here)).toBe(0);
      }),
    );
  });

  it("to the other side of the earth is half its girth", () => {
    fc.assert(
      fc.property(somewhere, (here) => {
        const opposite = { latitude: -here.latitude, longitude: here.longitude + 180 };
        expect(kilometresBetween(here, opposite)).toBeCloseTo(20_015.1, 0);
      }),
    );
  });
});
