import { describe, expect, it } from "vitest";
import { checkClaims, isSubject, readProfile, vouchingOf } from "./identity-claims.ts";

const NOW = new Date("2026-11-20T12:00:00Z");
const iat = NOW.getTime() / 1_000;

describe("the claims of an ID token", () => {
  const check = (claims: object) => () =>
    checkClaims({ iss: "https://a.example", sub: "s", iat, ...claims }, "me", NOW);

  it("are those of now and of us, two minutes aside", () => {
    for (const claims of [{}, { iat: iat + 120 }, { iat: iat - 86_400 }, { azp: "me" }])
      expect(check(claims)).not.toThrow();
  });

  it.each([
    { iat: iat + 121 },
    { iat: Number.POSITIVE_INFINITY },
    { azp: "you" },
    { azp: null },
    { azp: ["me"] },
    { sub: "" },
  ])("are not %j", (claims) => {
    expect(check(claims)).toThrow(expect.objectContaining({ code: "UPSTREAM_FAILED" }));
  });
});

it("a subject is one line of at most 255 characters", () => {
  for (const subject of ["1", "s".repeat(255), "auth0|5f7c8ec7", "älter"]) expect(isSubject(subject)).toBe(true);
  for (const subject of ["", "s".repeat(256), "a\nb", "a\0", "\ud800"]) expect(isSubject(subject)).toBe(false);
});

describe("an address is vouched for", () => {
  const STANDARD = [
    "https://accounts.google.com",
    "https://microsoftonline.com.evil.example",
    "https://notmicrosoftonline.com",
  ];
  const MICROSOFT = [
    "https://login.microsoftonline.com/common/v2.0", "https://LOGIN.MICROSOFTONLINE.COM/a/v2.0", "https://login.microsoftonline.us/a/v2.0",
    "https://login.partner.microsoftonline.cn/a/v2.0", "https://sts.windows.net/a/",
  ]; // biome-ignore format: one list

  it.each(STANDARD)("by %s in the standard's way", (issuer) => {
    expect(vouchingOf(issuer)({ email_verified: true })).toBe(true);
    expect(vouchingOf(issuer)({ xms_edov: true })).toBe(false);
  });

  it.each(MICROSOFT)("by %s only where the company owns its domain", (issuer) => {
    expect(vouchingOf(issuer)({ email_verified: true })).toBe(false);
    expect(vouchingOf(issuer)({ xms_edov: true })).toBe(true);
  });

  it("never where there is none", () => {
    expect(readProfile({ email: "nobody", email_verified: true }, () => true)).toEqual({
      email: null,
      emailVerified: false,
      name: null,
    });
  });
});
