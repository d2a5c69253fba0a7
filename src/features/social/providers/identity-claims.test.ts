import { describe, expect, it } from "vitest";
import { checkClaims, isSubject, type ProfileClaims, readProfile, verificationOf } from "./identity-claims.ts";

const NOW = new Date("2026-11-20T12:00:00Z");
const iat = NOW.getTime() / 1_000;

describe("the claims of an ID token", () => {
  const check = (claims: object) => () =>
    checkClaims({ iss: "https://a.example", sub: "s", iat, ...claims }, "me", NOW);

  it("are accepted if current and for this client, within two minutes", () => {
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
  ])("are rejected: %j", (claims) => {
    expect(check(claims)).toThrow(expect.objectContaining({ code: "UPSTREAM_FAILED" }));
  });
});

it("a subject is one line of at most 255 characters", () => {
  for (const subject of ["1", "s".repeat(255), "auth0|5f7c8ec7", "älter"]) expect(isSubject(subject)).toBe(true);
  for (const subject of ["", "s".repeat(256), "a\nb", "a\0", "\ud800"]) expect(isSubject(subject)).toBe(false);
});

describe("an address is verified", () => {
  const STANDARD = [
    "https://accounts.google.com",
    "https://microsoftonline.com.evil.example",
    "https://notmicrosoftonline.com",
  ];
  const MICROSOFT = [
    "https://login.microsoftonline.com/common/v2.0", "https://LOGIN.MICROSOFTONLINE.COM/a/v2.0", "https://login.microsoftonline.us/a/v2.0",
    "https://login.partner.microsoftonline.cn/a/v2.0", "https://sts.windows.net/a/",
  ]; // biome-ignore format: one list

  it.each(STANDARD)("by %s with the standard claim", (issuer) => {
    expect(verificationOf(issuer)({ email_verified: true })).toBe(true);
    expect(verificationOf(issuer)({ xms_edov: true })).toBe(false);
  });

  it.each(MICROSOFT)("by %s only if the company owns its domain", (issuer) => {
    expect(verificationOf(issuer)({ email_verified: true })).toBe(false);
    expect(verificationOf(issuer)({ xms_edov: true })).toBe(true);
  });

  it("never if it is malformed", () => {
    expect(
      readProfile({ email: "no-address", email_verified: true }, { isVerified: () => true, vouchesFor: ["*"] }),
    ).toEqual({
      email: null,
      emailVerified: false,
      emailVouched: false,
      name: null,
    });
  });
});

describe("a provider vouches", () => {
  const read = (vouchesFor: readonly string[], claims: ProfileClaims) =>
    readProfile({ email_verified: true, ...claims }, { isVerified: verificationOf("https://id.example"), vouchesFor });

  it("for the domains of its setting in any spelling, but not for their subdomains or similar domains", () => {
    const vouches = (email: string) => read(["example.com", "xn--mnchen-3ya.example"], { email }).emailVouched;
    expect(["a@example.com", "A@EXAMPLE.com", "a@m\u00fcnchen.example"].map(vouches)).toEqual([true, true, true]);
    const others = ["a@sub.example.com", "a@notexample.com", "a@example.com.evil.example", "a@example.org"];
    expect(others.map(vouches)).toEqual([false, false, false, false]);
  });

  it("for no domain without the setting, and for every domain with *", () => {
    expect(read([], { email: "a@example.com" }).emailVouched).toBe(false);
    expect(read(["*"], { email: "a@example.com" }).emailVouched).toBe(true);
  });

  it("never for an address that it has not verified", () => {
    for (const email_verified of [false, undefined, "false", 1])
      expect(read(["*", "hd"], { email: "a@example.com", email_verified, hd: "example.com" }).emailVouched).toBe(false);
  });

  it("for the hosted domain only if the setting says so and it matches the address", () => {
    const at = (hd: unknown, vouchesFor = ["gmail.com", "hd"]) =>
      read(vouchesFor, { email: "a@example.com", hd }).emailVouched;
    expect([at("example.com"), at("EXAMPLE.com")]).toEqual([true, true]);
    for (const hd of [undefined, null, "", "example.org", ["example.com"], "sub.example.com", "*"])
      expect(at(hd)).toBe(false);
    expect(at("example.com", ["gmail.com"])).toBe(false);
    expect(read(["gmail.com", "hd"], { email: "a@gmail.com" }).emailVouched).toBe(true);
    // The name of the claim is not a domain.
    expect(read(["hd"], { email: "a@hd" }).emailVouched).toBe(false);
  });
});
