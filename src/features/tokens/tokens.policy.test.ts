import { describe, expect, it } from "vitest";
import { publishedKeysAt, retirement, signingKeyAt } from "./tokens.policy.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
const first = { kid: "first", createdAt: at(0), activeFrom: at(0), retiresAt: at(36) };
const second = { kid: "second", createdAt: at(10), activeFrom: at(20), retiresAt: null };

describe("key rotation", () => {
  it("publishes the next key before it signs", () => {
    expect(publishedKeysAt([first, second], at(10)).map(({ kid }) => kid)).toEqual(["first", "second"]);
    expect(signingKeyAt([first, second], at(10))?.kid).toBe("first");
  });

  it("signs with the next key from its activation on, and still publishes the previous one", () => {
    expect(signingKeyAt([first, second], at(20))?.kid).toBe("second");
    expect(publishedKeysAt([first, second], at(35))).toHaveLength(2);
  });

  it("retires the previous key when its last token has expired", () => {
    expect(retirement(at(20), 900)).toEqual(at(36));
    expect(publishedKeysAt([first, second], at(36)).map(({ kid }) => kid)).toEqual(["second"]);
  });

  it("skips a key overtaken by a newer one before its activation", () => {
    const overtaken = { ...second, retiresAt: at(31) };
    const urgent = { kid: "urgent", createdAt: at(15), activeFrom: at(15), retiresAt: null };
    expect(signingKeyAt([first, overtaken, urgent], at(15))?.kid).toBe("urgent");
    expect(signingKeyAt([first, overtaken, urgent], at(25))?.kid).toBe("urgent");
  });

  it("never signs with a key that is no longer published", () => {
    expect(signingKeyAt([first], at(36))).toBeNull();
  });

  it("has no signing key before the first is active", () => {
    expect(signingKeyAt([second], at(19))).toBeNull();
  });
});
