import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { KeyRing } from "#platform/secrets";
import type { SessionId } from "#shared/ids";
import { parseRefreshToken, RefreshTokens } from "./refresh-tokens.ts";

const key = (id: string) => ({ id, secret: randomBytes(32) });
const session = { id: "0192f0c1-2b3c-7def-8123-456789abcdef" as SessionId, refreshNonce: randomBytes(16) };

describe("a refresh token", () => {
  const keys = [key("a")];
  const tokens = new RefreshTokens({ keyRing: new KeyRing(keys) });

  it("parses into its session and generation, and is genuine", () => {
    const parsed = parseRefreshToken(tokens.encode(session, 7));
    expect(parsed).toMatchObject({ sessionId: session.id, generation: 7 });
    expect(parsed && tokens.isGenuine(parsed, session)).toBe(true);
  });

  it("is known to be genuine where the session's tokens were issued, and nowhere else", () => {
    const parsed = parseRefreshToken(tokens.encode(session, 7));
    if (parsed === null) throw new Error("not parsed");
    expect(tokens.isKnownToBeGenuine(parsed)).toBe(true);
    expect(tokens.isKnownToBeGenuine({ ...parsed, generation: 8 })).toBe(false);
    expect(tokens.isKnownToBeGenuine({ ...parsed, mac: randomBytes(32) })).toBe(false);
    expect(new RefreshTokens({ keyRing: new KeyRing(keys) }).isKnownToBeGenuine(parsed)).toBe(false);
  });

  it("has exactly one encoding", () => {
    const token = tokens.encode(session, 7);
    const bytes = Buffer.from(token.slice(4), "base64url");
    const others = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]
      .map((last) => token.slice(0, -1) + last)
      .filter((other) => other !== token && Buffer.from(other.slice(4), "base64url").equals(bytes));
    expect(others).toHaveLength(15);
    expect(others.map(parseRefreshToken)).toEqual(others.map(() => null));
  });

  it("is derived identically each time", () => {
    expect(tokens.encode(session, 7)).toBe(tokens.encode(session, 7));
  });

  it("is not genuine with another generation, session, nonce or key", () => {
    const parsed = parseRefreshToken(tokens.encode(session, 7));
    if (parsed === null) throw new Error("not parsed");
    expect(tokens.isGenuine({ ...parsed, generation: 8 }, session)).toBe(false);
    expect(tokens.isGenuine(parsed, { ...session, id: "0192f0c1-2b3c-7def-8123-456789abcdee" as SessionId })).toBe(
      false,
    );
    expect(tokens.isGenuine(parsed, { ...session, refreshNonce: randomBytes(16) })).toBe(false);
    expect(new RefreshTokens({ keyRing: new KeyRing([key("a")]) }).isGenuine(parsed, session)).toBe(false);
  });

  it("stays genuine while its key is in the ring, even if a newer one signs", () => {
    const parsed = parseRefreshToken(tokens.encode(session, 7));
    const rotated = new RefreshTokens({ keyRing: new KeyRing([key("b"), ...keys]) });
    expect(parsed && rotated.isGenuine(parsed, session)).toBe(true);
    expect(rotated.encode(session, 7)).not.toBe(tokens.encode(session, 7));
  });

  it.each(["", "pcr_", "x".repeat(74), `pcr_${"!".repeat(70)}`, "eyJhbGciOiJFZERTQSJ9.e30.x"])(
    "cannot be %j",
    (text) => {
      expect(parseRefreshToken(text)).toBeNull();
    },
  );
});
