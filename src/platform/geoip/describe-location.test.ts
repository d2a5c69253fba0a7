import { describe, expect, it } from "vitest";
import { describeLocation } from "./describe-location.ts";

describe("the label of a place", () => {
  it.each([
    ["city and country", { city: "Kuala Lumpur", countryCode: "MY" }, "Kuala Lumpur, Malaysia"],
    ["only the country if the city is unknown", { city: "", countryCode: "DE" }, "Germany"],
    ["only the city if the country is unknown", { city: "Berlin", countryCode: "" }, "Berlin"],
    ["a city without its district", { city: "Berlin (Bezirk Mitte)", countryCode: "DE" }, "Berlin, Germany"],
    ["a city state once", { city: "Singapore", countryCode: "SG" }, "Singapore"],
    ["a code without a name unchanged", { city: "Somewhere", countryCode: "QX" }, "Somewhere, QX"],
  ])("is %s", (_, facts, label) => {
    expect(describeLocation(facts)?.label).toBe(label);
  });

  it.each([
    ["a NUL, which Postgres cannot store in text", "Ber\0lin"],
    ["a line break", "Berlin\r\nBcc: eve@example.net"],
    ["a change of the writing direction", "\u202eBerlin"],
    ["an unpaired surrogate", "Berlin\ud800"],
    ["excessive length", "B".repeat(100_000)],
    ["a list instead of a text", ["Berlin"]],
  ])("has no name if a file contains one with %s", (_, name) => {
    expect(describeLocation({ city: name, region: name, countryCode: "DE" })).toMatchObject({
      label: "Germany",
      city: null,
      region: null,
    });
    expect(describeLocation({ city: name, countryCode: name })).toBeNull();
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -181, 1e300, "4.58", null])(
    "has no coordinates at %s degrees",
    (degrees) => {
      expect(describeLocation({ countryCode: "MY", latitude: 4.5, longitude: degrees })?.coordinates).toBeNull();
      expect(describeLocation({ countryCode: "MY", latitude: degrees, longitude: 4.5 })?.coordinates).toBeNull();
    },
  );

  it.each([{}, { city: "", countryCode: "ZZ" }, { countryCode: "<b>" }])("is null for %j", (facts) => {
    expect(describeLocation(facts)).toBeNull();
  });

  it("has the region, and coordinates no finer than a kilometre", () => {
    const facts = { city: "Ipoh", region: "Perak", countryCode: "MY", latitude: 4.584_099_7, longitude: 101.083_000_2 };
    expect(describeLocation(facts)).toEqual({
      label: "Ipoh, Malaysia",
      city: "Ipoh",
      countryCode: "MY",
      region: "Perak",
      coordinates: { latitude: 4.58, longitude: 101.08 },
    });
    expect(describeLocation({ countryCode: "MY", latitude: 4.5 })).toMatchObject({ region: null, coordinates: null });
  });
});
