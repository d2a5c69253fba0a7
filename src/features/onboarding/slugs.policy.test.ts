import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PROVISIONAL } from "#features/tenants/index";
import { freeSlug, slugOf } from "./slugs.policy.ts";

describe("slugOf", () => {
  it.each([
    ["Acme", "acme"],
    ["  Acme, Inc.  ", "acme-inc"],
    ["Müller & Söhne", "muller-sohne"],
    ["Straßenbau Łódź", "strassenbau-lodz"],
    ["Ørsted", "orsted"],
    ["ＡＣＭＥ", "acme"],
    ["3M", "3m"],
    ["李小龍", "company"],
    ["🙂", "company"],
    ["--", "company"],
  ])("turns %j into %j", (name, slug) => {
    expect(slugOf(name)).toBe(slug);
  });

  it("is always short, of letters, digits and single hyphens, and never provisional", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (name) => {
        const slug = slugOf(name);
        expect(slug).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
        expect(slug.length).toBeLessThanOrEqual(40);
        expect(slug.startsWith(PROVISIONAL)).toBe(false);
      }),
    );
  });
});

describe("freeSlug", () => {
  it("counts up from two, into the first gap", () => {
    expect(freeSlug("acme", new Set())).toBe("acme");
    expect(freeSlug("acme", new Set(["acme"]))).toBe("acme-2");
    expect(freeSlug("acme", new Set(["acme", "acme-2", "acme-4"]))).toBe("acme-3");
    expect(freeSlug("acme", new Set(["acme-2"]))).toBe("acme");
  });
});
