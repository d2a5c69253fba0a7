import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isCommonPassword } from "./common-passwords.ts";

describe("isCommonPassword", () => {
  it.each(["password", "12345678", "iloveyou", "qwertyuiop", "football1"])("knows %s", (password) => {
    expect(isCommonPassword(password)).toBe(true);
  });

  it("is not deceived by case or by full-width letters", () => {
    expect(isCommonPassword("PassWord")).toBe(true);
    expect(isCommonPassword("ｐａｓｓｗｏｒｄ")).toBe(true);
  });

  it.each(["correct horse battery staple", "", " password ", "__proto__", "constructor", "🔑🔑🔑🔑🔑🔑🔑🔑"])(
    "does not know %j",
    (password) => {
      expect(isCommonPassword(password)).toBe(false);
    },
  );

  it("answers for any text, lone surrogates and NUL among it", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
        (text) => {
          expect(typeof isCommonPassword(text)).toBe("boolean");
        },
      ),
    );
  });
});
