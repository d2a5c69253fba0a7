import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { isCanonicalBase64url } from "./base64url.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

it("accepts encoded bytes of any length", () => {
  for (let length = 0; length < 70; length++)
    expect(isCanonicalBase64url(randomBytes(length).toString("base64url"))).toBe(true);
});

it("accepts only one spelling of the same bytes", () => {
  for (let length = 1; length < 8; length++) {
    const text = randomBytes(length).toString("base64url");
    const spellings = [...ALPHABET]
      .map((last) => text.slice(0, -1) + last)
      .filter((other) => Buffer.from(other, "base64url").equals(Buffer.from(text, "base64url")));
    expect(spellings.filter(isCanonicalBase64url)).toEqual([text]);
  }
});

it.each(["A", "AAAAA", "AA==", "AA ", " AA", "AA\n", "A+/A", "AB", "AAB", "ÄA"])("refuses %j", (text) => {
  expect(isCanonicalBase64url(text)).toBe(false);
});
