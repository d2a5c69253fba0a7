import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backupCodeAt, formatBackupCode, parseBackupCode, SECRET_SYMBOLS, SET_SIZE } from "./backup-codes.policy.ts";

const position = fc.integer({ min: 0, max: SET_SIZE - 1 });
const random = fc.uint8Array({ minLength: SECRET_SYMBOLS, maxLength: SECRET_SYMBOLS });
const code = fc.tuple(position, random).map(([at, bytes]) => backupCodeAt(at, bytes));

describe("a backup code", () => {
  it("is shown in two groups that start with its position and contain no letters that look like digits", () => {
    fc.assert(
      fc.property(code, (made) => {
        expect(formatBackupCode(made)).toMatch(/^[0-9][0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{5}$/);
        expect(formatBackupCode(made).charAt(0)).toBe(String(made.position));
      }),
    );
  });

  it("is parsed back to the same code", () => {
    fc.assert(
      fc.property(code, (made) => {
        expect(parseBackupCode(formatBackupCode(made))).toEqual(made);
      }),
    );
  });

  it("is parsed in any spelling: any case, spaces and dashes anywhere, O and I for the digits", () => {
    const typist = fc.infiniteStream(
      fc.record({
        lower: fc.boolean(),
        lookAlike: fc.boolean(),
        gap: fc.constantFrom("", "", " ", "-", "–", "\u00A0", "\u200f", "−"),
      }),
    );
    fc.assert(
      fc.property(code, typist, fc.constantFrom("I", "L"), (made, habits, one) => {
        const typed = [...made.text].map((symbol) => {
          const { lower, lookAlike, gap } = habits.next().value;
          const written = lookAlike ? symbol.replace("0", "O").replace("1", one) : symbol;
          return gap + (lower ? written.toLowerCase() : written);
        });
        expect(parseBackupCode(typed.join(""))).toEqual(made);
      }),
    );
  });

  it("is a different code if any secret byte differs in the relevant bits", () => {
    fc.assert(
      fc.property(
        position,
        random,
        fc.nat(SECRET_SYMBOLS - 1),
        fc.integer({ min: 1, max: 31 }),
        (at, bytes, nth, by) => {
          const other = bytes.map((byte, index) => (index === nth ? (byte + by) % 256 : byte));
          expect(backupCodeAt(at, other).text).not.toBe(backupCodeAt(at, bytes).text);
        },
      ),
    );
  });

  it("maps the same number of bytes to every symbol", () => {
    const counts = new Map<string, number>();
    for (let byte = 0; byte < 256; byte++) {
      const symbol = backupCodeAt(0, Uint8Array.of(byte)).text.charAt(1);
      counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual(Array.from({ length: 32 }, () => 8));
  });

  it.each([
    ["nothing", ""],
    ["one symbol too few", "0AAAA-AAAA"],
    ["one symbol too many", "0AAAA-AAAAAA"],
    ["a symbol outside the alphabet", "0AAAA-AAAAU"],
    ["a character of two code units", "0AAAA-AAA🦊"],
    ["a position beyond the set", "AAAAA-AAAAA"],
    ["a code of another kind", "123456"],
  ])("is not parsed from %s", (_what, typed) => {
    expect(parseBackupCode(typed)).toBeNull();
  });

  it("is parsed from any text without an error", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (typed) => {
        const read = parseBackupCode(typed);
        if (read) expect(parseBackupCode(formatBackupCode(read))).toEqual(read);
      }),
    );
  });
});
