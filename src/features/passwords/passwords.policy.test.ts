import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSamePassword, type PasswordContext, passwordFaults } from "./passwords.policy.ts";

const context: PasswordContext = {
  minLength: 8,
  email: "ada.lovelace@example.com",
  username: "countess_ada",
  name: "Augusta Ada King",
  isCommon: (password) => password === "password1",
};

const TOO_SHORT = "The password needs at least 8 characters.";
const TOO_LONG = "The password may have at most 128 characters.";
const COMMON = "The password is among those that are guessed first.";
const OWN = "The password must not be your e-mail address, username or name.";
const NOT_UNICODE = "The password holds characters that are not valid Unicode.";

/** Any UTF-16, lone surrogates included. */
const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });

describe("passwordFaults", () => {
  it.each([
    ["a passphrase", "correct horse battery staple"],
    ["eight characters", "xk7!pQ2z"],
    ["eight emoji", "🔑🐴🔋📎🌊🗿🎻🪐"],
    ["another script", "пароль-от-сейфа"],
    ["right to left, with its marks", "\u202Eשלום עולם\u202C"],
    ["a NUL in it", "before\0after"],
    ["the name of a prototype", "__proto__"],
    ["spaces alone, which are characters as others are", "          "],
  ])("accepts %s", (_name, password) => {
    expect(passwordFaults(password, context)).toEqual([]);
  });

  it("counts characters, not UTF-16 units, and counts after normalisation", () => {
    expect(passwordFaults("🔑🐴🔋📎🌊🗿🎻", context)).toEqual([TOO_SHORT]);
    // Sixteen code points as typed (letter, combining accent), eight when composed.
    expect(passwordFaults("e\u0301".repeat(8), context)).toEqual([]);
    expect(passwordFaults("e\u0301".repeat(7), context)).toEqual([TOO_SHORT]);
    // One character as typed, eighteen when normalised.
    expect(passwordFaults("\uFDFA".repeat(8), context)).toEqual([TOO_LONG]);
  });

  it("accepts 128 characters and not one more", () => {
    expect(passwordFaults("🔑".repeat(128), context)).toEqual([]);
    expect(passwordFaults("🔑".repeat(129), context)).toEqual([TOO_LONG]);
  });

  it("refuses a megabyte before it looks at anything", () => {
    const looking = {
      ...context,
      isCommon: () => {
        throw new Error("looked at");
      },
    };
    expect(passwordFaults("x".repeat(1_000_000), looking)).toEqual([TOO_LONG]);
    expect(passwordFaults("\uD800".repeat(1_000_000), looking)).toEqual([TOO_LONG]);
  });

  it("refuses lone surrogates, which have no UTF-8", () => {
    expect(passwordFaults("a good one \uD83D", context)).toEqual([NOT_UNICODE]);
    expect(passwordFaults("\uDD11 a good one", context)).toEqual([NOT_UNICODE]);
  });

  it("lets a tenant ask for more, and never for less", () => {
    expect(passwordFaults("xk7!pQ2z", { ...context, minLength: 12 })).toEqual([
      "The password needs at least 12 characters.",
    ]);
    expect(passwordFaults("xk7!pQ2", { ...context, minLength: 1 })).toEqual([TOO_SHORT]);
  });

  it("refuses what everybody tries first", () => {
    expect(passwordFaults("password1", context)).toEqual([COMMON]);
  });

  it.each([
    ["the address", "ada.lovelace@example.com"],
    ["the address in capitals", "ADA.LOVELACE@EXAMPLE.COM"],
    ["its local part", "ada.lovelace"],
    ["its local part without the dot", "AdaLovelace"],
    ["the username", "countess_ada"],
    ["the username dressed up", "Countess-Ada!!"],
    ["the name", "Augusta Ada King"],
    ["the name in one word, full width", "ａｕｇｕｓｔａａｄａｋｉｎｇ"],
  ])("refuses %s", (_name, password) => {
    expect(passwordFaults(password, context)).toEqual([OWN]);
  });

  it.each([
    ["the product's name", "my-Portcullis-login"],
    ["the product's name, full width and spaced", "ｐｏｒｔ ｃｕｌｌｉｓ 2026"],
    ["the company's name", "AcmeSöhne!2026"],
    ["the whole address", "x ada.lovelace@example.com x"],
  ])("refuses what contains %s", (_name, password) => {
    expect(passwordFaults(password, { ...context, tenantName: "Acme & Söhne" })).toEqual([
      expect.stringContaining("must not contain"),
    ]);
  });

  it("does not mind the name of a company that is part of many words", () => {
    expect(passwordFaults("seven abbeys burn", { ...context, tenantName: "AB" })).toEqual([]);
    expect(passwordFaults("seven abbeys burn", { ...context, tenantName: null })).toEqual([]);
  });

  it("does not take an absent name, or one of mere punctuation, for everybody's", () => {
    expect(passwordFaults("--------", { ...context, username: null, name: "" })).toEqual([]);
    expect(passwordFaults("--------", { ...context, username: "________" })).toEqual([]);
    expect(passwordFaults("________", { ...context, username: "________" })).toEqual([OWN]);
  });

  it("names every fault at once", () => {
    expect(passwordFaults("ada", { ...context, username: "ada", isCommon: () => true })).toEqual([
      TOO_SHORT,
      COMMON,
      OWN,
    ]);
  });

  it("answers for any text, and never repeats it", () => {
    fc.assert(
      fc.property(anyText, (password) => {
        const marked = `\u2603${password}\u2603`;
        for (const fault of passwordFaults(marked, context)) expect(fault).not.toContain("\u2603");
      }),
    );
  });

  it("judges a password by what is hashed: as typed and normalised get the same answer", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 140 }), (password) => {
        expect(passwordFaults(password.normalize("NFKC"), context)).toEqual(passwordFaults(password, context));
      }),
    );
  });

  it("accepts any text of the right length that is neither common nor the owner's", () => {
    const ofLength = fc.string({ unit: "grapheme-ascii", minLength: 8, maxLength: 128 });
    fc.assert(
      fc.property(ofLength, (password) => {
        expect(passwordFaults(password, { ...context, username: null, name: null, isCommon: () => false })).toEqual([]);
      }),
    );
  });

  it("refuses every username as its own password, in any case", () => {
    const username = fc.stringMatching(/^[A-Za-z0-9_.-]{8,32}$/);
    fc.assert(
      fc.property(username, fc.boolean(), (own, upper) => {
        const password = upper ? own.toUpperCase() : own.toLowerCase();
        expect(passwordFaults(password, { ...context, username: own })).toEqual([OWN]);
      }),
    );
  });
});

describe("isSamePassword", () => {
  it("compares what is hashed: compatibility forms are the same, case and spaces are not", () => {
    expect(isSamePassword("Zürich-Süd", "Zu\u0308rich-Su\u0308d")).toBe(true);
    expect(isSamePassword("ｆｕｌｌ ｗｉｄｔｈ", "full width")).toBe(true);
    expect(isSamePassword("full width", "Full width")).toBe(false);
    expect(isSamePassword("full width", "full width ")).toBe(false);
  });

  it("does not look at what is too long to be hashed", () => {
    expect(isSamePassword("x".repeat(1_000_000), "x".repeat(1_000_000))).toBe(false);
  });
});
