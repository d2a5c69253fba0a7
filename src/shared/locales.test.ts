import fc from "fast-check";
import { expect, it } from "vitest";
import { directionOf, LOCALES, normalizeLocale, toLocale } from "./locales.ts";

it.each([
  ["en-US-u-fw-mon-mu-celsius", "en-US", "en"],
  ["en_US", "en-US", "en"],
  ["de_de", "de-DE", "de"],
  ["de_DE.UTF-8", "de-DE", "de"],
  ["de_DE@euro", "de-DE", "de"],
  ["DE-ch", "de-CH", "de"],
  ["zh-Hant-TW", "zh-Hant-TW", "en"],
  ["sr-Latn", "sr-Latn", "en"],
  ["fr", "fr", "en"],
  ["ar-EG", "ar-EG", "ar"],
  ["iw", "he", "en"],
  ["xx-YY", "xx-YY", "en"],
  ["C", "en", "en"],
  ["", "en", "en"],
  ["not a language", "en", "en"],
  ["password-7d1f0b2e", "en", "en"],
  [null, "en", "en"],
])("normalizes %j to %s, and writes mails in %s", (given, normal, mails) => {
  expect(normalizeLocale(given)).toBe(normal);
  expect(toLocale(normalizeLocale(given))).toBe(mails);
});

it("writes Arabic from right to left, and the other languages from left to right", () => {
  expect(LOCALES.filter((locale) => directionOf(locale) === "rtl")).toEqual(["ar"]);
  expect([directionOf("ar-EG"), directionOf("arn")]).toEqual(["rtl", "ltr"]);
});

it("accepts any text, and its normal form is short and stable", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const normal = normalizeLocale(text);
      expect(normal.length).toBeLessThanOrEqual(35);
      expect(normalizeLocale(normal)).toBe(normal);
    }),
  );
});
