import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EmailAddress } from "#platform/schema/scalars";
import {
  canonicalEmail,
  canonicalUsername,
  hasEmailForm,
  MAX_NAME_LENGTH,
  validateEmail,
  validateName,
  validateUsername,
} from "./users.policy.ts";

const isAccepted = (parse: () => unknown): boolean => {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
};

describe("hasEmailForm", () => {
  it("accepts what the schema's EmailAddress accepts, and nothing else", () => {
    const nearlyAddresses = fc.stringMatching(/^[a-zA-Z0-9.+'_ü@\r\n -]{0,20}$/);
    fc.assert(
      fc.property(fc.oneof(fc.emailAddress(), nearlyAddresses, fc.string()), (text) => {
        expect(hasEmailForm(text)).toBe(isAccepted(() => EmailAddress.parseValue(text)));
      }),
    );
  });
});

describe("validateEmail", () => {
  it.each(["a@b.example", `${"x".repeat(64)}@example.com`, "o'brien+tag@example.com"])("accepts %j", (email) => {
    expect(validateEmail(email, "input.email")).toEqual([]);
  });

  it.each([
    `${"x".repeat(65)}@example.com`,
    `x@${"y".repeat(250)}.com`,
    ".x@example.com",
    "x.@example.com",
    "x..y@example.com",
  ])("refuses %j", (email) => {
    expect(validateEmail(email, "input.email")).toEqual([expect.objectContaining({ path: "input.email" })]);
  });
});

describe("validateUsername", () => {
  it.each(["bob", "Alice_1.2-3", "x".repeat(32)])("accepts %j", (username) => {
    expect(validateUsername(username, "input.username")).toEqual([]);
  });

  it.each(["", "ab", "x".repeat(33), "a b c", "bob@example.com", "bоb", "ｂｏｂ", "bob\n", "bob\u0000"])(
    "refuses %j",
    (username) => {
      expect(validateUsername(username, "input.username")).toEqual([
        expect.objectContaining({ path: "input.username" }),
      ]);
    },
  );
});

describe("validateName", () => {
  it.each(["", "Ada Lovelace", "O'Brien", "李小龍", "نجيب", "🙂", "<b>", "x".repeat(MAX_NAME_LENGTH)])(
    "accepts %j",
    (name) => {
      expect(validateName(name, "input.name")).toEqual([]);
    },
  );

  it.each(["x".repeat(MAX_NAME_LENGTH + 1), "a\r\nBcc: b", "a\u0000", "\ud800"])("refuses %j", (name) => {
    expect(validateName(name, "input.name")).toEqual([expect.objectContaining({ path: "input.name" })]);
  });
});

describe("canonical forms", () => {
  it("ignore case and are idempotent", () => {
    expect(canonicalEmail(" Ada@Example.COM ")).toBe("ada@example.com");
    expect(canonicalUsername("Ada_L")).toBe("ada_l");
    fc.assert(
      fc.property(fc.emailAddress(), (email) => {
        expect(canonicalEmail(email.toUpperCase())).toBe(canonicalEmail(email));
        expect(canonicalEmail(canonicalEmail(email))).toBe(canonicalEmail(email));
      }),
    );
  });
});
