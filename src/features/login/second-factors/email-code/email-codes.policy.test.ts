import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CODES, formatCode, parseCode, refuse } from "./email-codes.policy.ts";

describe("formatCode", () => {
  it.each([
    [0, "000000"],
    [42, "000042"],
    [999_999, "999999"],
  ])("formats %i as %s", (number, code) => expect(formatCode(number)).toBe(code));

  it("formats every number as a distinct code that is parsed back unchanged", () => {
    fc.assert(
      fc.property(fc.nat(CODES - 1), (number) => {
        const code = formatCode(number);
        expect(Number(code)).toBe(number);
        expect(parseCode(code)).toBe(code);
      }),
    );
  });
});

describe("parseCode", () => {
  it.each(["123456", " 123456\n", "123 456", "12\u00a034\t56", "١٢٣٤٥٦", "123-456"])("parses %j", (typed) =>
    expect(parseCode(typed)).toBe("123456"),
  );

  it.each(["", "12345", "1234567", "12345a", "-12345", "1e4567", "123.456"])("rejects %j", (typed) =>
    expect(parseCode(typed)).toBeNull(),
  );
});

describe("refuse", () => {
  const sentAt = new Date("2026-11-20T09:00:00.000Z");
  const expiresAt = new Date("2026-11-20T09:10:00.000Z");
  const first = { sends: 1, sentAt, expiresAt, usedAt: null };

  it.each([
    ["09:00:00.000", 30],
    ["09:00:28.500", 2],
    ["09:00:29.999", 1],
    ["09:01:00.000", 1],
  ])("requires at %s a wait of %i seconds, the rest of 30", (time, retryAfter) => {
    expect(refuse(first, new Date(`2026-11-20T${time}Z`))).toEqual({ outcome: "TOO_SOON", retryAfter });
  });

  it("requires after five resends a wait until an hour after the last of them expired", () => {
    expect(refuse({ ...first, sends: 6 }, sentAt)).toEqual({ outcome: "TOO_OFTEN", retryAfter: 70 * 60 });
  });

  it("requires only 30 seconds if the last of them was used", () => {
    expect(refuse({ ...first, sends: 6, usedAt: sentAt }, sentAt)).toEqual({ outcome: "TOO_SOON", retryAfter: 30 });
  });

  it("requires one second if the newest was deleted concurrently", () => {
    expect(refuse(null, sentAt)).toEqual({ outcome: "TOO_SOON", retryAfter: 1 });
  });
});
