import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalEmail, hasEmailForm } from "./emails.ts";

describe("an e-mail address", () => {
  it.each([
    ["Ada@Example.COM", "ada@example.com"],
    ["ada@münchen.example", "ada@xn--mnchen-3ya.example"],
    ["ada@MÜNCHEN.example", "ada@xn--mnchen-3ya.example"],
    ["ada@mu\u0308nchen.example", "ada@xn--mnchen-3ya.example"],
    ["ada@xn--mnchen-3ya.example", "ada@xn--mnchen-3ya.example"],
    ["ada@XN--MNCHEN-3YA.example", "ada@xn--mnchen-3ya.example"],
    ["ada@ｅｘａｍｐｌｅ.com", "ada@example.com"],
    ["ada@例え。テスト", "ada@xn--r8jz45g.xn--zckzah"],
    ["ada@почта.рф", "ada@xn--80a1acny.xn--p1ai"],
    ["ada@straße.example", "ada@xn--strae-oqa.example"],
    ["a.b+c@example.com", "a.b+c@example.com"],
  ])("%s is %s", (email, canonical) => {
    expect(hasEmailForm(email)).toBe(true);
    expect(canonicalEmail(email)).toBe(canonical);
    expect(canonicalEmail(canonical)).toBe(canonical);
  });

  it.each([
    "ada", "ada@", "@example.com", "ädä@example.com", "ada@ex ample.com", "ada@exam_ple.com", "ada@-a.example", "ada@a..example",
    "ada@example.com\r\nBcc: b@example.com", "ada@xn--a.example", "ada@１２７.0.0.1", "ada@ex%61mple.com", "ada@münchen.example/x", "ada@[::1]",
    "ada@münchen.example:25", "ada@a\u202eb.example", "a b@example.com", "ada@\u200b.example", "ada@ex\u0430mple.com", "ada@xn--exmple-4nf.com",
  ])("is not %j", (email) => {
    expect(hasEmailForm(email)).toBe(false);
  }); // biome-ignore format: one list

  it("has one canonical spelling, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const canonical = canonicalEmail(text);
        expect(canonicalEmail(canonical)).toBe(canonical.trim() === canonical ? canonical : canonicalEmail(canonical));
        hasEmailForm(text);
      }),
    );
  });
});
