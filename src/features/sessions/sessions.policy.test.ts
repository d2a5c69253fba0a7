import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY, SECOND } from "#shared/durations";
import type { AuthenticationMethod } from "#shared/factors";
import type { TenantId, UserId } from "#shared/ids";
import { amrOf, isLive, slidingExpiry, standingOf } from "./sessions.policy.ts";

const now = new Date("2026-01-31T12:00:00Z");
const later = (ms: number) => new Date(now.getTime() + ms);

describe("a session's expiry", () => {
  it("slides, but never past the absolute end", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 * DAY }), fc.integer({ min: 1, max: 60 * DAY }), (end, lifetime) => {
        const expiry = slidingExpiry(now, lifetime, later(end));
        expect(expiry.getTime()).toBe(Math.min(now.getTime() + lifetime, now.getTime() + end));
      }),
    );
  });

  it("is over at its instant, not after it", () => {
    expect(isLive({ expiresAt: now, endedAt: null }, now)).toBe(false);
    expect(isLive({ expiresAt: later(1), endedAt: null }, now)).toBe(true);
    expect(isLive({ expiresAt: later(1), endedAt: now }, now)).toBe(false);
  });
});

describe("the standing of a session on which somebody is connected", () => {
  const claimed = { userId: "u" as UserId, tenantId: "t" as TenantId, roles: ["USER"] as const };
  const live = {
    ...{ ...claimed, expiresAt: later(SECOND), endedAt: null },
    ...{ userStatus: "ACTIVE", tenantStatus: "ACTIVE" },
  };

  it.each([
    ["as it was", live, "LIVE"],
    ["gone", null, "ENDED"],
    ["ended", { ...live, endedAt: now }, "ENDED"],
    ["expired", { ...live, expiresAt: now }, "ENDED"],
    ["of a user who is suspended", { ...live, userStatus: "SUSPENDED" }, "ENDED"],
    ["of a tenant that is suspended", { ...live, tenantStatus: "SUSPENDED" }, "ENDED"],
    ["another's", { ...live, userId: "v" as UserId }, "ENDED"],
    ["of a user with other roles", { ...live, roles: ["USER", "ADMIN"] as const }, "OUTDATED"],
    ["of a user in another tenant", { ...live, tenantId: "s" as TenantId }, "OUTDATED"],
  ])("that is %s", (_, session, standing) => {
    expect(standingOf(session, claimed, now)).toBe(standing);
  });
});

describe("the amr of a session", () => {
  it.each<[AuthenticationMethod[], string[]]>([
    [["PASSWORD"], ["pwd"]],
    [
      ["PASSWORD", "TOTP"],
      ["pwd", "otp", "mfa"],
    ],
    [
      ["PASSWORD", "BACKUP_CODE"],
      ["pwd", "otp", "mfa"],
    ],
    [["PASSKEY"], ["hwk", "user", "mfa"]],
    [
      ["PASSWORD", "PASSKEY"],
      ["pwd", "hwk", "user", "mfa"],
    ],
    [["PASSWORD", "EMAIL_CODE"], ["pwd"]],
    [["SOCIAL", "EMAIL_CODE"], ["fed"]],
    [
      ["SOCIAL", "PASSWORD"],
      ["fed", "pwd"],
    ],
    [
      ["SOCIAL", "TOTP"],
      ["fed", "otp", "mfa"],
    ],
    [["EMAIL_CODE"], ["otp"]],
    [["EMAIL_CODE", "TOTP"], ["otp"]],
  ])("of %j is %j", (methods, amr) => {
    expect(amrOf(methods)).toEqual(amr);
  });

  it("never names two kinds of factors because a mailed code was added", () => {
    const methods = fc.array(
      fc.constantFrom<AuthenticationMethod>("PASSWORD", "SOCIAL", "TOTP", "BACKUP_CODE", "PASSKEY"),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(methods, (given) => {
        expect(amrOf([...given, "EMAIL_CODE"])).toEqual(amrOf(given));
      }),
    );
  });
});
