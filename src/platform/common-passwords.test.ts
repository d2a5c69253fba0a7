import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isCommonPassword } from "./common-passwords.ts";

describe("isCommonPassword", () => {
  it.each(["password", "12345678", "iloveyou", "qwertyuiop", "football1"])("detects %s", (password) => {
    expect(isCommonPassword(password)).toBe(true);
  });

  it("ignores case and full-width forms", () => {
    expect(isCommonPassword("PassWord")).toBe(true);
    expect(isCommonPassword("ｐａｓｓｗｏｒｄ")).toBe(true);
  });

  it.each(["correct horse battery staple", "", " password ", "__proto__", "constructor", "🔑🔑🔑🔑🔑🔑🔑🔑"])(
    "does not detect %j",
    (password) => {
      expect(isCommonPassword(password)).toBe(false);
    },
  );

  it("accepts any text, including lone surrogates and NUL", () => {
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
