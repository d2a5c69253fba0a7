import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeyRing } from "#platform/secrets";
import { signToken } from "#platform/signed-token";
import type { LinkId } from "#shared/ids";
import { purposeOf, readToken, tokenOf } from "./link-tokens.ts";

const LINK_PURPOSES = [
  "verify-email",
  "change-email",
  "undo-email-change",
  "reset-password",
  "confirm-login",
  "deny-login",
  "cancel-factor-reset",
  "invitation",
  "activate",
];
const NAMED = LINK_PURPOSES.map((name) => ({ name }));

const ringKey = (id: string) => ({ id, secret: createHash("sha256").update(id).digest() });
const keys = new KeyRing([ringKey("one")]);
const id = "01890a5d-ac96-774b-bcce-b302099a8057" as LinkId;

describe("the token of a link", () => {
  it("decodes to the link it was issued for", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.constantFrom(...LINK_PURPOSES), (uuid, purpose) => {
        const link = { id: uuid as LinkId, purpose };
        expect(readToken(keys, purpose, tokenOf(keys, link))).toBe(uuid);
        expect(purposeOf(keys, NAMED, tokenOf(keys, link))?.name).toBe(purpose);
      }),
    );
  });

  it("consists of letters and digits, so that no mail program truncates it", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.constantFrom(...LINK_PURPOSES), (uuid, purpose) => {
        expect(tokenOf(keys, { id: uuid as LinkId, purpose })).toMatch(/^[0-9A-Za-z]{65}$/);
      }),
    );
  });

  it("is accepted in the encoding of earlier versions, for the mails that they sent", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.constantFrom(...LINK_PURPOSES), (uuid, purpose) => {
        const earlier = signToken(keys, { purpose: "link", context: `${purpose}:` }, uuid);
        expect(readToken(keys, purpose, earlier)).toBe(uuid);
      }),
    );
  });

  it.each(LINK_PURPOSES)("issued for %s is not valid for another purpose", (purpose) => {
    const token = tokenOf(keys, { id, purpose });
    for (const other of LINK_PURPOSES) {
      if (other !== purpose) expect(readToken(keys, other, token)).toBeNull();
    }
  });

  it("is refused if any character is changed", () => {
    const token = tokenOf(keys, { id, purpose: "reset-password" });
    for (let at = 0; at < token.length; at++) {
      const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
      expect(readToken(keys, "reset-password", changed)).toBeNull();
    }
  });

  it("has exactly one valid spelling", () => {
    const token = tokenOf(keys, { id, purpose: "reset-password" });
    const otherwise = [
      `${token}=`,
      `${token}\n`,
      ` ${token}`,
      `${token}A`,
      token.slice(1),
      `0${token}`,
      "z".repeat(token.length),
      `${token.slice(0, 30)}\0${token.slice(30)}`,
    ];
    for (const text of otherwise) expect(readToken(keys, "reset-password", text)).toBeNull();
  });

  it("is refused with a foreign key, and accepted with an older key of the ring", () => {
    const token = tokenOf(keys, { id, purpose: "verify-email" });
    expect(readToken(new KeyRing([ringKey("two")]), "verify-email", token)).toBeNull();
    expect(readToken(new KeyRing([ringKey("two"), ringKey("one")]), "verify-email", token)).toBe(id);
  });

  it("has no purpose if it is arbitrary text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 100 }), (text) => {
        expect(purposeOf(keys, NAMED, text)).toBeNull();
      }),
    );
  });
});
