import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canManage, canView, lookupScope, storedAdminCanManage, tenantScope } from "./access-policy.ts";
import type { TenantId, UserId } from "./ids.ts";
import { ALL_PERMISSIONS, type Permission } from "./permissions.ts";
import { ROLES, type Role } from "./roles.ts";

const acme = "acme" as TenantId;
const globex = "globex" as TenantId;
const alice = "alice" as UserId;
const bob = "bob" as UserId;

const caller = (permissions: readonly Permission[], { isOperator = false, roles = ["MEMBER"] } = {}) => ({
  ...{ userId: alice, tenantId: acme, homeTenantId: globex, roles, permissions, isOperator },
});
const user = caller([]);
const admin = caller(ALL_PERMISSIONS, { roles: ["MEMBER", "ADMIN"] });
const clerk = caller(["users:read"], { roles: ["MEMBER", "clerk"] });
const operator = caller([], { isOperator: true });

describe("canView", () => {
  it.each<[string, typeof user, { userId: UserId | null; tenantId: TenantId | null }, boolean]>([
    ["a user looking at themselves", user, { userId: alice, tenantId: acme }, true],
    ["a user looking at themselves from another tenant", user, { userId: alice, tenantId: globex }, true],
    ["a user looking at a colleague", user, { userId: bob, tenantId: acme }, false],
    ["a user looking at a row without a user", user, { userId: null, tenantId: acme }, false],
    ["an admin looking at a colleague", admin, { userId: bob, tenantId: acme }, true],
    ["an admin looking at a row without a user", admin, { userId: null, tenantId: acme }, true],
    ["an admin looking at another tenant", admin, { userId: bob, tenantId: globex }, false],
    ["an admin looking at no tenant's", admin, { userId: null, tenantId: null }, false],
    ["a holder of the permission looking at a colleague", clerk, { userId: bob, tenantId: acme }, true],
    ["a holder of the permission looking at another tenant", clerk, { userId: bob, tenantId: globex }, false],
    ["an operator looking at another tenant", operator, { userId: bob, tenantId: globex }, true],
    ["an operator looking at no tenant's", operator, { userId: null, tenantId: null }, true],
  ])("is decided for %s", (_, viewer, owned, expected) => {
    expect(canView(viewer, owned, "users:read")).toBe(expected);
  });

  it("requires the given permission, not just any", () => {
    expect(canView(clerk, { userId: bob, tenantId: acme }, "audit:read")).toBe(false);
  });
});

describe("the scopes of a viewer", () => {
  it("keep users and admins in the tenant of the token and let operators see all", () => {
    expect(tenantScope(user)).toBe(acme);
    expect(tenantScope(admin)).toBe(acme);
    expect(tenantScope(operator)).toBe("ALL");
  });

  it("find the viewer's own rows in the home tenant, too", () => {
    expect(lookupScope(user)).toEqual([acme, globex]);
    expect(lookupScope(operator)).toBe("ALL");
  });
});

const person = (tenantId: TenantId, ...roles: Role[]) => ({ tenantId, roles });
const anyPerson = fc.record({ tenantId: fc.constantFrom(acme, globex), roles: fc.subarray([...ROLES]) });
const manager = caller(["users:manage"], { roles: ["MEMBER", "support"] });

describe("canManage", () => {
  it.each([
    ["a user", user, "a colleague", person(acme, "USER"), false],
    ["a holder of the permission", manager, "a colleague", person(acme, "USER"), true],
    ["a holder of the permission", manager, "an admin", person(acme, "USER", "ADMIN"), false],
    ["a holder of another permission", clerk, "a colleague", person(acme, "USER"), false],
    ["an admin", admin, "a colleague", person(acme, "USER"), true],
    ["an admin", admin, "another admin", person(acme, "USER", "ADMIN"), true],
    ["an admin", admin, "a user of another tenant", person(globex, "USER"), false],
    ["an admin", admin, "an operator", person(acme, "USER", "OPERATOR"), false],
    ["an operator", operator, "an admin of another tenant", person(globex, "USER", "ADMIN"), true],
    ["an operator", operator, "an operator", person(globex, "OPERATOR"), true],
  ])("for %s (%j) on %s (%j) is %s", (_who, viewer, _whom, target, expected) => {
    expect(canManage(viewer, target, "users:manage")).toBe(expected);
  });

  it("never reaches beyond the tenant or to an operator without the flag", () => {
    const anyCaller = fc
      .record({ permissions: fc.subarray([...ALL_PERMISSIONS]), isOperator: fc.boolean(), isAdmin: fc.boolean() })
      .map(({ permissions, isOperator, isAdmin }) =>
        caller(permissions, { isOperator, roles: isAdmin ? ["MEMBER", "ADMIN"] : ["MEMBER"] }),
      );
    fc.assert(
      fc.property(anyCaller, anyPerson, (viewer, target) => {
        if (!canManage(viewer, target, "users:manage") || viewer.isOperator) return;
        expect(target.tenantId).toBe(viewer.tenantId);
        expect(target.roles).not.toContain("OPERATOR");
        expect(viewer.permissions).toContain("users:manage");
      }),
    );
  });

  it("never lets a stored admin reach beyond the tenant, or an operator", () => {
    fc.assert(
      fc.property(anyPerson, anyPerson, (stored, target) => {
        if (!storedAdminCanManage(stored, target) || stored.roles.includes("OPERATOR")) return;
        expect(target.tenantId).toBe(stored.tenantId);
        expect(target.roles).not.toContain("OPERATOR");
        expect(stored.roles).toContain("ADMIN");
      }),
    );
  });
});
