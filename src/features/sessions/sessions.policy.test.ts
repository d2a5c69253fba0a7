import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PermissionCatalogue } from "#features/memberships/index";
import { DAY, SECOND } from "#shared/durations";
import type { AuthenticationMethod } from "#shared/factors";
import type { MembershipId, TenantId, UserId } from "#shared/ids";
import type { HeldMembership, HeldRole } from "#shared/memberships";
import { amrOf, isLive, slidingExpiry, validityOf } from "./sessions.policy.ts";

const now = new Date("2026-01-31T12:00:00Z");
const later = (ms: number) => new Date(now.getTime() + ms);

describe("a session's expiry", () => {
  it("slides, but never past the maximum lifetime", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 * DAY }), fc.integer({ min: 1, max: 60 * DAY }), (end, lifetime) => {
        const expiry = slidingExpiry(now, lifetime, later(end));
        expect(expiry.getTime()).toBe(Math.min(now.getTime() + lifetime, now.getTime() + end));
      }),
    );
  });

  it("ends at its expiry instant, not after it", () => {
    expect(isLive({ expiresAt: now, endedAt: null }, now)).toBe(false);
    expect(isLive({ expiresAt: later(1), endedAt: null }, now)).toBe(true);
    expect(isLive({ expiresAt: later(1), endedAt: now }, now)).toBe(false);
  });
});

describe("the validity of a session with an open connection", () => {
  const catalogue = new PermissionCatalogue({ declared: ["orders:read"] });
  const claimed = {
    ...{ userId: "u" as UserId, tenantId: "t" as TenantId, isOperator: false },
    ...{ roles: ["MEMBER", "clerk"], permissions: ["orders:read"] },
  };
  const member = { name: "MEMBER", builtIn: "MEMBER", permissions: [] } as const;
  const clerk = { name: "clerk", builtIn: null, permissions: ["orders:read"] };
  const inTenant = (id: string, roles: readonly HeldRole[] = [member, clerk]): HeldMembership => ({
    ...{ id: `m-${id}` as MembershipId, tenantId: id as TenantId, status: "ACTIVE", tenantStatus: "ACTIVE", roles },
  });
  const home = inTenant("t");
  const other = inTenant("s");
  const live = {
    ...{ userId: claimed.userId, isOperator: false, expiresAt: later(SECOND), endedAt: null },
    ...{ userStatus: "ACTIVE", memberships: [home, other] },
  };
  const holding = (...roles: readonly HeldRole[]) => ({ ...live, memberships: [inTenant("t", roles)] });

  it.each([
    ["unchanged", live, "LIVE"],
    ["deleted", null, "ENDED"],
    ["ended", { ...live, endedAt: now }, "ENDED"],
    ["expired", { ...live, expiresAt: now }, "ENDED"],
    ["of a suspended user", { ...live, userStatus: "SUSPENDED" }, "ENDED"],
    [
      "of a user whose only tenant is suspended",
      { ...live, memberships: [{ ...home, tenantStatus: "SUSPENDED" }] },
      "ENDED",
    ],
    ["of a user without any membership", { ...live, memberships: [] }, "ENDED"],
    [
      "in a suspended tenant",
      { ...live, memberships: [{ ...home, tenantStatus: "SUSPENDED" }, other] },
      "NOT_A_MEMBER",
    ],
    ["of a suspended membership", { ...live, memberships: [{ ...home, status: "SUSPENDED" }, other] }, "NOT_A_MEMBER"],
    ["of a removed membership", { ...live, memberships: [other] }, "NOT_A_MEMBER"],
    ["of another user", { ...live, userId: "v" as UserId }, "ENDED"],
    ["of a user with another role", holding(member, clerk, { ...clerk, name: "driver" }), "OUTDATED"],
    ["of a user without one of the roles", holding(member), "OUTDATED"],
    ["of a role with another permission", holding(member, { ...clerk, permissions: ["users:read"] }), "OUTDATED"],
    ["of a new operator", { ...live, isOperator: true }, "OUTDATED"],
  ])("that is %s", (_, session, validity) => {
    expect(validityOf(session as typeof live | null, claimed, now, catalogue)).toBe(validity);
  });

  it("distinguishes one role from two, whatever their names contain", () => {
    const named = (...names: readonly string[]) => holding(member, ...names.map((name) => ({ ...clerk, name })));
    const both = { ...claimed, roles: ["MEMBER", "a", "b"] };
    expect(validityOf(named("a", "b"), both, now, catalogue)).toBe("LIVE");
    expect(validityOf(named("a,b"), both, now, catalogue)).toBe("OUTDATED");
  });

  it("depends only on the role names for a token of the previous version", () => {
    const earlier = { ...claimed, permissions: null };
    expect(validityOf(live, earlier, now, catalogue)).toBe("LIVE");
    expect(validityOf(holding(member), earlier, now, catalogue)).toBe("OUTDATED");
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
