import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanName, cleanNameOrNull, unlinkable, validateCompanyName, validateName } from "./names.ts";

const INVISIBLE = [
  "\u200b",
  "\u3164",
  "\u202e",
  "\u2060",
  "\ufeff",
  "\u00ad",
  "\u115f",
  "\u1160",
  "\uffa0",
  "\u2800",
  "\u{e0041}",
];

describe("a name", () => {
  it.each([
    ["\u202egnp.exe", "gnp.exe"],
    ["Ada\u200b Lovelace\u2069", "Ada Lovelace"],
    [" \u200e Ada \u200f ", "Ada"],
    ["A\u200dd\u200ca", "Ada"],
    ["A\u00adda\u{e0041}", "Ada"],
    ["Bo\u3164b", "Bob"],
    ["Zoe\u0308", "Zoë"],
  ])("is stored without invisible characters, in one spelling: %j", (given, stored) => {
    expect(validateName(given, "name", 50)).toEqual([]);
    expect(cleanName(given)).toBe(stored);
  });

  it.each([
    "Zoë Ångström",
    "李小龍",
    "علی\u200cرضا",
    "क्\u200dष",
    "👩\u200d👩\u200d👧\u200d👦",
    "❤\ufe0f",
    "辻\u{e0100}",
    "O'Neill",
    "-",
    "7",
  ])("is kept unchanged if nothing in it is a disguise: %j", (name) => {
    expect(validateName(name, "name", 50)).toEqual([]);
    expect(cleanName(name)).toBe(name);
  });

  it.each([
    ...INVISIBLE,
    INVISIBLE.join(""),
    " \u200b ",
    "\u2800\u2800",
    "\u{1d159}",
    "\u0301",
    "\ufe0f",
    "\u200d\u200d",
  ])("without a visible character is refused: %j", (name) => {
    expect(validateName(name, "name", 50)).toEqual([{ path: "name", message: "Use a name with visible characters." }]);
    expect(validateCompanyName(name, "name", 50)).not.toEqual([]);
  });

  it("that is empty counts as not given", () => {
    expect(validateName("  ", "name", 50)).toEqual([]);
    expect([cleanNameOrNull("  "), cleanNameOrNull(null), cleanNameOrNull(undefined)]).toEqual([null, null, null]);
  });

  it("is cleaned once: cleaning again changes nothing, and no reordering character stays", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const cleaned = cleanName(text);
        expect(cleanName(cleaned)).toBe(cleaned);
        expect(cleaned).not.toMatch(/[\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
      }),
    );
  });
});

describe("the name of a company", () => {
  it.each([
    "Acme & Söhne GmbH",
    "Müller GmbH & Co. KG",
    "Müller GmbH & Co.KG",
    "S.A. du Nord",
    "Dr. Oetker",
    "No. 7",
    "U.S. Steel",
    "株式会社",
  ])("may be %j", (name) => {
    expect(validateCompanyName(name, "name", 50)).toEqual([]);
  });

  it.each([
    "evil.example",
    "Refund of 500 EUR: evil.example/claim",
    "http://1.2.3.4/x",
    "HTTPS://evil",
    "www.evil",
    "mail claim@evil.example",
    "evil.xn--p1ai",
    "пример.рф",
    "evil。example",
    "evil．com",
    "evil\u200b.\u2060example",
    "x.co/claim",
  ])("may not be %j, which mail programs turn into a link", (name) => {
    expect(validateCompanyName(name, "name", 50)).toEqual([expect.objectContaining({ path: "name" })]);
  });
});

describe("text in a mail", () => {
  it.each(["evil.example/claim", "https://evil.example", "www.evil.example", "claim@evil.example", "evil。example"])(
    "has no link: %j",
    (text) => {
      const shown = unlinkable(`Refund: ${text}!`);
      expect(shown.replaceAll("\u200b", "")).toBe(`Refund: ${text}!`);
      expect(shown).not.toMatch(/[\p{L}\p{N}][.。@][\p{L}\p{N}]|:\/\//u);
    },
  );

  it.each(["Dr. Who", "Ada", "16:30", "U.S.", "…"])("without a link is not changed: %j", (text) => {
    expect(unlinkable(text).replace("U.\u200bS.", "U.S.")).toBe(text);
  });
});
