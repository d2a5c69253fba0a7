import { describe, expect, it } from "vitest";
import { describePlace } from "./describe-place.ts";

describe("a place in words", () => {
  it.each([
    ["city and country", { city: "Kuala Lumpur", countryCode: "MY" }, "Kuala Lumpur, Malaysia"],
    ["the country alone where the city is not known", { city: "", countryCode: "DE" }, "Germany"],
    ["the city alone where the country is not known", { city: "Berlin", countryCode: "" }, "Berlin"],
    ["a city without its district", { city: "Berlin (Bezirk Mitte)", countryCode: "DE" }, "Berlin, Germany"],
    ["a city state once", { city: "Singapore", countryCode: "SG" }, "Singapore"],
    ["a code without a name as it is", { city: "Somewhere", countryCode: "QX" }, "Somewhere, QX"],
  ])("is %s", (_, facts, label) => {
    expect(describePlace(facts)?.label).toBe(label);
  });

  it.each([
    ["a NUL, which Postgres keeps in no text", "Ber\0lin"],
    ["a line of its own", "Berlin\r\nBcc: eve@example.net"],
    ["a turn of the writing", "\u202eBerlin"],
    ["half a character", "Berlin\ud800"],
    ["no end", "B".repeat(100_000)],
    ["a list in its place", ["Berlin"]],
  ])("has no name where a file says one with %s", (_, name) => {
    expect(describePlace({ city: name, region: name, countryCode: "DE" })).toMatchObject({
      label: "Germany",
      city: null,
      region: null,
    });
    expect(describePlace({ city: name, countryCode: name })).toBeNull();
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -181, 1e300, "4.58", null])(
    "lies nowhere at %s degrees",
    (degrees) => {
      expect(describePlace({ countryCode: "MY", latitude: 4.5, longitude: degrees })?.coordinates).toBeNull();
      expect(describePlace({ countryCode: "MY", latitude: degrees, longitude: 4.5 })?.coordinates).toBeNull();
    },
  );

  it.each([{}, { city: "", countryCode: "ZZ" }, { countryCode: "<b>" }])("is nothing for %j", (facts) => {
    expect(describePlace(facts)).toBeNull();
  });

  it("has the region, and coordinates no finer than a kilometre", () => {
    const facts = { city: "Ipoh", region: "Perak", countryCode: "MY", latitude: 4.584_099_7, longitude: 101.083_000_2 };
    expect(describePlace(facts)).toEqual({
      label: "Ipoh, Malaysia",
      city: "Ipoh",
      countryCode: "MY",
      region: "Perak",
      coordinates: { latitude: 4.58, longitude: 101.08 },
    });
    expect(describePlace({ countryCode: "MY", latitude: 4.5 })).toMatchObject({ region: null, coordinates: null });
  });
});
