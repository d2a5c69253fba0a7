import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TenantId, UserId } from "./ids.ts";
import { ROLES, type Role } from "./roles.ts";
import { mayActOn, maySee, tenantScope } from "./visibility.ts";

const acme = "acme" as TenantId;
const globex = "globex" as TenantId;
const alice = "alice" as UserId;
const bob = "bob" as UserId;
const viewer = (...roles: Role[]) => ({ userId: alice, tenantId: acme, roles });

describe("maySee", () => {
  it.each<[Role[], { userId: UserId | null; tenantId: TenantId | null }, boolean]>([
    [["USER"], { userId: alice, tenantId: acme }, true],
    [["USER"], { userId: bob, tenantId: acme }, false],
    [["USER"], { userId: null, tenantId: acme }, false],
    [["USER", "ADMIN"], { userId: bob, tenantId: acme }, true],
    [["USER", "ADMIN"], { userId: null, tenantId: acme }, true],
    [["USER", "ADMIN"], { userId: bob, tenantId: globex }, false],
    [["USER", "ADMIN"], { userId: null, tenantId: null }, false],
    [["USER", "OPERATOR"], { userId: bob, tenantId: globex }, true],
    [["USER", "OPERATOR"], { userId: null, tenantId: null }, true],
  ])("answers %j looking at %j with %s", (roles, owned, expected) => {
    expect(maySee(viewer(...roles), owned)).toBe(expected);
  });
});

describe("tenantScope", () => {
  it("keeps users and admins in their tenant and lets operators see all", () => {
    expect(tenantScope(viewer("USER"))).toBe(acme);
    expect(tenantScope(viewer("USER", "ADMIN"))).toBe(acme);
    expect(tenantScope(viewer("USER", "OPERATOR"))).toBe("ALL");
  });
});

const person = (tenantId: TenantId, ...roles: Role[]) => ({ tenantId, roles });
const anyPerson = fc.record({ tenantId: fc.constantFrom(acme, globex), roles: fc.subarray([...ROLES]) });

describe("mayActOn", () => {
  it.each([
    ["a user", person(acme, "USER"), "a colleague", person(acme, "USER"), false],
    ["an admin", person(acme, "USER", "ADMIN"), "a colleague", person(acme, "USER"), true],
    ["an admin", person(acme, "USER", "ADMIN"), "another admin", person(acme, "USER", "ADMIN"), true],
    ["an admin", person(acme, "USER", "ADMIN"), "somebody elsewhere", person(globex, "USER"), false],
    ["an admin", person(acme, "USER", "ADMIN"), "an operator", person(acme, "USER", "OPERATOR"), false],
    ["an operator", person(acme, "USER", "OPERATOR"), "somebody elsewhere", person(globex, "USER", "ADMIN"), true],
    ["an operator", person(acme, "USER", "OPERATOR"), "an operator", person(globex, "OPERATOR"), true],
  ])("for %s (%j) on %s (%j) is %s", (_who, viewer, _whom, target, expected) => {
    expect(mayActOn(viewer, target)).toBe(expected);
  });

  it("never lets anybody but an operator reach beyond the tenant, or an operator", () => {
    fc.assert(
      fc.property(anyPerson, anyPerson, (viewer, target) => {
        if (!mayActOn(viewer, target) || viewer.roles.includes("OPERATOR")) return;
        expect(target.tenantId).toBe(viewer.tenantId);
        expect(target.roles).not.toContain("OPERATOR");
        expect(viewer.roles).toContain("ADMIN");
      }),
    );
  });
});
