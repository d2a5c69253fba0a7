import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSamePassword, type PasswordContext, validatePassword } from "./passwords.policy.ts";

const context: PasswordContext = {
  minLength: 8,
  product: "Portcullis",
  email: "ada.lovelace@example.com",
  username: "countess_ada",
  name: "Augusta Ada King",
  isCommon: (password) => password === "password1",
};

const TOO_SHORT = "The password needs at least 8 characters.";
const TOO_LONG = "The password may have at most 128 characters.";
const COMMON = "The password is too common and easy to guess.";
const OWN = "The password must not be your e-mail address, username or name.";
const NOT_UNICODE = "The password contains characters that are not valid Unicode.";

/** Any UTF-16 text, including lone surrogates. */
const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });

describe("validatePassword", () => {
  it.each([
    ["a passphrase", "correct horse battery staple"],
    ["eight characters", "xk7!pQ2z"],
    ["eight emoji", "🔑🐴🔋📎🌊🗿🎻🪐"],
    ["another script", "пароль-от-сейфа"],
    ["right to left, with its marks", "\u202Eשלום עולם\u202C"],
    ["a NUL in it", "before\0after"],
    ["the name of a prototype", "__proto__"],
    ["only spaces, which are characters like any other", "          "],
  ])("accepts %s", (_name, password) => {
    expect(validatePassword(password, context)).toEqual([]);
  });

  it("counts characters, not UTF-16 units, and counts after normalisation", () => {
    expect(validatePassword("🔑🐴🔋📎🌊🗿🎻", context)).toEqual([TOO_SHORT]);
    // Sixteen code points as typed (letter, combining accent), eight when composed.
    expect(validatePassword("e\u0301".repeat(8), context)).toEqual([]);
    expect(validatePassword("e\u0301".repeat(7), context)).toEqual([TOO_SHORT]);
    // One character as typed, eighteen when normalised.
    expect(validatePassword("\uFDFA".repeat(8), context)).toEqual([TOO_LONG]);
  });

  it("accepts at most 128 characters", () => {
    expect(validatePassword("🔑".repeat(128), context)).toEqual([]);
    expect(validatePassword("🔑".repeat(129), context)).toEqual([TOO_LONG]);
  });

  it("rejects a megabyte before any other check", () => {
    const looking = {
      ...context,
      isCommon: () => {
        throw new Error("looked at");
      },
    };
    expect(validatePassword("x".repeat(1_000_000), looking)).toEqual([TOO_LONG]);
    expect(validatePassword("\uD800".repeat(1_000_000), looking)).toEqual([TOO_LONG]);
  });

  it("rejects lone surrogates, which have no UTF-8 form", () => {
    expect(validatePassword("a good one \uD83D", context)).toEqual([NOT_UNICODE]);
    expect(validatePassword("\uDD11 a good one", context)).toEqual([NOT_UNICODE]);
  });

  it("lets a tenant raise the minimum length, but not lower it", () => {
    expect(validatePassword("xk7!pQ2z", { ...context, minLength: 12 })).toEqual([
      "The password needs at least 12 characters.",
    ]);
    expect(validatePassword("xk7!pQ2", { ...context, minLength: 1 })).toEqual([TOO_SHORT]);
  });

  it("rejects a common password", () => {
    expect(validatePassword("password1", context)).toEqual([COMMON]);
  });

  it.each([
    ["the address", "ada.lovelace@example.com"],
    ["the address in capitals", "ADA.LOVELACE@EXAMPLE.COM"],
    ["its local part", "ada.lovelace"],
    ["its local part without the dot", "AdaLovelace"],
    ["the username", "countess_ada"],
    ["the username with other punctuation", "Countess-Ada!!"],
    ["the name", "Augusta Ada King"],
    ["the name in one word, full width", "ａｕｇｕｓｔａａｄａｋｉｎｇ"],
  ])("rejects %s", (_name, password) => {
    expect(validatePassword(password, context)).toEqual([OWN]);
  });

  it.each([
    ["the product's name", "my-Portcullis-login"],
    ["the product's name, full width and spaced", "ｐｏｒｔ ｃｕｌｌｉｓ 2026"],
    ["the tenant's name", "AcmeSöhne!2026"],
    ["the whole address", "x ada.lovelace@example.com x"],
  ])("rejects a password that contains %s", (_name, password) => {
    expect(validatePassword(password, { ...context, tenantName: "Acme & Söhne" })).toEqual([
      expect.stringContaining("must not contain"),
    ]);
  });

  it("rejects the name of the product that the installation has, and only that", () => {
    const branded = { ...context, product: "acme.example" };
    expect(validatePassword("my-Acme-Example-login", branded)).toEqual([expect.stringContaining("must not contain")]);
    expect(validatePassword("my-Portcullis-login", branded)).toEqual([]);
  });

  it("accepts a short tenant name that is part of many words", () => {
    expect(validatePassword("seven abbeys burn", { ...context, tenantName: "AB" })).toEqual([]);
    expect(validatePassword("seven abbeys burn", { ...context, tenantName: null })).toEqual([]);
  });

  it("ignores an absent name and a name of only punctuation", () => {
    expect(validatePassword("--------", { ...context, username: null, name: "" })).toEqual([]);
    expect(validatePassword("--------", { ...context, username: "________" })).toEqual([]);
    expect(validatePassword("________", { ...context, username: "________" })).toEqual([OWN]);
  });

  it("reports all faults together", () => {
    expect(validatePassword("ada", { ...context, username: "ada", isCommon: () => true })).toEqual([
      TOO_SHORT,
      COMMON,
      OWN,
    ]);
  });

  it("accepts any text as input and never repeats it in a message", () => {
    fc.assert(
      fc.property(anyText, (password) => {
        const marked = `\u2603${password}\u2603`;
        for (const fault of validatePassword(marked, context)) expect(fault).not.toContain("\u2603");
      }),
    );
  });

  it("gives a password and its normalised form the same result", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 140 }), (password) => {
        expect(validatePassword(password.normalize("NFKC"), context)).toEqual(validatePassword(password, context));
      }),
    );
  });

  it("accepts any text of valid length that is neither common nor owner data", () => {
    const ofLength = fc.string({ unit: "grapheme-ascii", minLength: 8, maxLength: 128 });
    fc.assert(
      fc.property(ofLength, (password) => {
        expect(validatePassword(password, { ...context, username: null, name: null, isCommon: () => false })).toEqual(
          [],
        );
      }),
    );
  });

  it("rejects every username as the password of its user, in any case", () => {
    const username = fc.stringMatching(/^[A-Za-z0-9_.-]{8,32}$/);
    fc.assert(
      fc.property(username, fc.boolean(), (own, upper) => {
        const password = upper ? own.toUpperCase() : own.toLowerCase();
        expect(validatePassword(password, { ...context, username: own })).toEqual([OWN]);
      }),
    );
  });
});

describe("isSamePassword", () => {
  it("compares normalised text: compatibility forms are equal, case and spaces are not", () => {
    expect(isSamePassword("Zürich-Süd", "Zu\u0308rich-Su\u0308d")).toBe(true);
    expect(isSamePassword("ｆｕｌｌ ｗｉｄｔｈ", "full width")).toBe(true);
    expect(isSamePassword("full width", "Full width")).toBe(false);
    expect(isSamePassword("full width", "full width ")).toBe(false);
  });

  it("does not compare text that is too long to be hashed", () => {
    expect(isSamePassword("x".repeat(1_000_000), "x".repeat(1_000_000))).toBe(false);
  });
});
