import { describe, expect, it } from "vitest";
import type { TenantId, UserId } from "./ids.ts";
import type { Role } from "./roles.ts";
import { maySee, tenantScope } from "./visibility.ts";

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
