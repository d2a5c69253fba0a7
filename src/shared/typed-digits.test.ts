import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compactCode, parseDigits } from "./typed-digits.ts";

describe("typed digits", () => {
  it.each([
    ["ASCII", "123456"],
    ["Arabic-Indic", "١٢٣٤٥٦"],
    ["Persian", "۱۲۳۴۵۶"],
    ["Devanagari", "१२३४५६"],
    ["full-width", "１２３４５６"],
    ["mathematical bold", "𝟏𝟐𝟑𝟒𝟓𝟔"],
    ["mathematical monospace", "𝟷𝟸𝟹𝟺𝟻𝟼"],
    ["mixed", "1٢३４5۶"],
    ["grouped", " 123 456\n"],
    ["grouped by a no-break space", "123\u00a0456"],
    ["grouped by a hyphen", "123-456"],
    ["grouped by an en dash", "123–456"],
    ["grouped by a minus sign", "123−456"],
    ["between direction marks", "\u200e123456\u200f"],
    ["in an isolate", "\u2068١٢٣٤٥٦\u2069"],
    ["with zero-width spaces", "123\u200b456\ufeff"],
    ["with an Arabic letter mark", "\u061c123456"],
  ])("are read: %s", (_what, typed) => {
    expect(parseDigits(typed, 6)).toBe("123456");
  });

  it.each(["", "12345", "1234567", "12345a", "1e4567", "123.456", "+123456", "½23456", "Ⅻ23456", "一二三四五六"])(
    "are not found in %j",
    (typed) => {
      expect(parseDigits(typed, 6)).toBeNull();
    },
  );

  it("are the same number as in ASCII, in every script that has decimal digits", () => {
    const all = Array.from({ length: 0x110000 }, (_, codePoint) => codePoint)
      .filter((codePoint) => codePoint < 0xd800 || codePoint > 0xdfff)
      .map((codePoint) => String.fromCodePoint(codePoint))
      .filter((character) => /^\p{Nd}$/u.test(character));
    expect(all.length).toBeGreaterThan(600);
    expect(all.map(compactCode).join("")).toBe("0123456789".repeat(all.length / 10));
  });

  it("are read from any text without an error, and read the same again", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (typed) => {
        const digits = parseDigits(typed, 2);
        if (digits !== null) expect(parseDigits(digits, 2)).toBe(digits);
      }),
    );
  });
});
