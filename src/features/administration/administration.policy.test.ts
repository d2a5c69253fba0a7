import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TenantId } from "#shared/ids";
import { ALL_PERMISSIONS } from "#shared/permissions";
import { ROLES, type Role } from "#shared/roles";
import { isActiveAdmin, MAX_SEARCH_LENGTH, mayGrant, normalizeRoles, validateSearch } from "./administration.policy.ts";

const acme = "acme" as TenantId;
const globex = "globex" as TenantId;

/** A caller with these stored roles. */
const callerWith = ({ tenantId, roles }: { tenantId: TenantId; roles: Role[] }) => ({
  tenantId,
  roles: roles.includes("ADMIN") ? ["MEMBER", "ADMIN"] : ["MEMBER"],
  permissions: roles.includes("ADMIN") ? ALL_PERMISSIONS : [],
  isOperator: roles.includes("OPERATOR"),
});
const person = (tenantId: TenantId, ...roles: Role[]) => ({ tenantId, roles });
const anyRoles = fc.subarray([...ROLES]);
const anyPerson = fc.record({ tenantId: fc.constantFrom(acme, globex), roles: anyRoles });

describe("mayGrant", () => {
  const admin = person(acme, "USER", "ADMIN");
  const operator = person(acme, "USER", "OPERATOR");
  const user = person(acme, "USER");

  it("lets an admin grant and revoke the role ADMIN", () => {
    expect(mayGrant(callerWith(admin), ["USER", "ADMIN"], user)).toBe(true);
    expect(mayGrant(callerWith(admin), ["USER"], admin)).toBe(true);
  });

  it("lets only an operator grant or revoke the role OPERATOR", () => {
    expect(mayGrant(callerWith(admin), ["USER", "OPERATOR"], user)).toBe(false);
    expect(mayGrant(callerWith(admin), ["USER", "OPERATOR"], admin)).toBe(false);
    expect(mayGrant(callerWith(admin), ["USER"], operator)).toBe(false);
    expect(mayGrant(callerWith(operator), ["USER", "OPERATOR"], user)).toBe(true);
    expect(mayGrant(callerWith(operator), ["USER"], operator)).toBe(true);
  });

  it("never grants more than the granting user has", () => {
    fc.assert(
      fc.property(anyPerson, anyRoles, anyPerson, (viewer, roles, target) => {
        if (!mayGrant(callerWith(viewer), roles, target) || target.roles.includes("OPERATOR")) return;
        if (roles.includes("OPERATOR")) expect(viewer.roles).toContain("OPERATOR");
        if (roles.includes("ADMIN")) expect(viewer.roles.some((role) => role !== "USER")).toBe(true);
      }),
    );
  });
});

describe("normalizeRoles", () => {
  it("keeps each role once, in order, and adds USER", () => {
    expect(normalizeRoles(["ADMIN", "ADMIN"])).toEqual(["USER", "ADMIN"]);
    expect(normalizeRoles([])).toEqual(["USER"]);
    expect(normalizeRoles(["OPERATOR", "USER"])).toEqual(["USER", "OPERATOR"]);
  });

  it("depends only on the set of roles, and is idempotent", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ROLES)), (roles) => {
        const normalized = normalizeRoles(roles);
        expect(new Set(normalized)).toEqual(new Set([...roles, "USER"]));
        expect(normalizeRoles(normalized.toReversed())).toEqual(normalized);
      }),
    );
  });
});

describe("isActiveAdmin", () => {
  it("counts active holders of ADMIN only", () => {
    expect(isActiveAdmin({ status: "ACTIVE", roles: ["USER", "ADMIN"] })).toBe(true);
    expect(isActiveAdmin({ status: "SUSPENDED", roles: ["USER", "ADMIN"] })).toBe(false);
    expect(isActiveAdmin({ status: "ACTIVE", roles: ["USER", "OPERATOR"] })).toBe(false);
  });
});

describe("validateSearch", () => {
  it.each(["", "ada", "O'Brien – 解雇 🙂", "x".repeat(MAX_SEARCH_LENGTH)])("accepts %j", (text) => {
    expect(validateSearch(text, "text")).toEqual([]);
  });

  it.each(["x".repeat(MAX_SEARCH_LENGTH + 1), "a\u0000b", "a\r\nb", "\ud800"])(
    "refuses %j, with the path and without the text",
    (text) => {
      expect(validateSearch(text, "text")).toEqual([{ path: "text", message: expect.not.stringContaining(text) }]);
    },
  );
});
