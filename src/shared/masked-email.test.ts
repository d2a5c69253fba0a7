import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskEmail } from "./masked-email.ts";

describe("maskEmail", () => {
  it.each([
    ["adele@acme.com", "ad***@acme.com"],
    ["adam@acme.com", "ad***@acme.com"],
    ["ada@acme.com", "ad***@acme.com"],
    ["al@acme.com", "a***@acme.com"],
    ["a@acme.com", "a***@acme.com"],
    ["🦊🐢🐙🦉@acme.com", "🦊🐢***@acme.com"],
    ['"a@b"@acme.com', '"a***@acme.com'],
  ])("shows %s as %s", (email, masked) => expect(maskEmail(email)).toBe(masked));

  const localPart = fc.string({ unit: "binary", minLength: 1, maxLength: 64 });

  it("shows at most two letters, and at most half of a longer name, before the domain", () => {
    fc.assert(
      fc.property(localPart, fc.domain(), (local, domain) => {
        const masked = maskEmail(`${local}@${domain}`);
        const end = `***@${domain}`;
        expect(masked.endsWith(end)).toBe(true);
        const shown = masked.slice(0, -end.length);
        expect(local.startsWith(shown)).toBe(true);
        expect([...shown].length).toBeLessThanOrEqual(2);
        expect([...shown].length).toBeLessThanOrEqual(Math.ceil([...local].length / 2));
      }),
    );
  });

  it("does not reveal the length of the address", () => {
    fc.assert(
      fc.property(localPart, localPart, (one, other) => {
        expect(maskEmail(`xyz${one}@acme.com`)).toBe(maskEmail(`xyz${other}@acme.com`));
      }),
    );
  });
});
