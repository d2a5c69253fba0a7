import { describe, expect, it } from "vitest";
import { DAY, SECOND } from "#shared/durations";
import type { TenantId, UserId } from "#shared/ids";
import type { Role } from "#shared/roles";
import { type Approval, mayApprove, mayRequestReset, mayStillRequest } from "./factor-resets.policy.ts";

const now = new Date("2026-03-20T12:00:00Z");
const ago = (milliseconds: number): Date => new Date(now.getTime() - milliseconds);
const usual = { roles: ["USER"], passwordSetByMailAt: null, lastDoneAt: null } as const;

describe("a reset of lost factors", () => {
  it("may be requested by a user whose first factor was not set by mail", () => {
    expect(mayRequestReset(usual, now)).toBe(true);
    expect(mayRequestReset({ ...usual, passwordSetByMailAt: ago(31 * DAY) }, now)).toBe(true);
    expect(mayRequestReset({ ...usual, passwordSetByMailAt: ago(29 * DAY) }, now)).toBe(false);
  });

  it("succeeds at most once in thirty days", () => {
    expect(mayRequestReset({ ...usual, lastDoneAt: ago(31 * DAY) }, now)).toBe(true);
    expect(mayRequestReset({ ...usual, lastDoneAt: ago(29 * DAY) }, now)).toBe(false);
  });

  it.each(["ADMIN", "OPERATOR"] as const)("is not for the role %s", (role) => {
    expect(mayRequestReset({ ...usual, roles: ["USER", role] }, now)).toBe(false);
  });
});

const acme = "acme" as TenantId;
const [ada, bob, eve, zoe] = ["ada", "bob", "eve", "zoe"] as [UserId, UserId, UserId, UserId];
const person = (id: UserId, ...more: readonly Role[]) => ({
  id,
  tenantId: acme,
  roles: ["USER" as const, ...more],
  status: "ACTIVE" as const,
});
const approval: Approval = {
  requester: person(ada, "ADMIN"),
  target: person(bob),
  approver: person(eve, "ADMIN"),
  granted: [{ role: "ADMIN", grantedAt: ago(7 * DAY) }],
  granters: { ofRequester: new Set([zoe]), ofApprover: new Set([zoe]) },
};

describe("the approval of a reset", () => {
  it("needs an admin of seven days, even if a third admin admitted both", () => {
    expect(mayApprove(approval, now)).toBe(true);
    const granted = [{ role: "ADMIN" as const, grantedAt: ago(7 * DAY - SECOND) }];
    expect(mayApprove({ ...approval, granted }, now)).toBe(false);
  });

  it.each<[string, Partial<Approval>]>([
    ["to the requester", { approver: person(ada, "ADMIN") }],
    ["to the owner of the factors", { target: person(eve, "ADMIN") }],
    ["to a suspended admin", { approver: { ...person(eve, "ADMIN"), status: "SUSPENDED" } }],
    ["if nothing is recorded", { granted: [] }],
    ["if the role was lost since", { approver: person(eve) }],
    [
      "if the requester made the approver an admin",
      { granters: { ofRequester: new Set(), ofApprover: new Set([ada]) } },
    ],
    [
      "if the approver made the requester an admin",
      { granters: { ofRequester: new Set([eve]), ofApprover: new Set() } },
    ],
    ["for an operator's factors", { target: person(bob, "OPERATOR") }],
    ["in another tenant", { target: { ...person(bob), tenantId: "other" as TenantId } }],
    [
      "to a new operator who was an admin elsewhere before",
      { target: { ...person(bob), tenantId: "other" as TenantId }, approver: person(eve, "ADMIN", "OPERATOR") },
    ],
  ])("is refused %s", (_, change) => {
    expect(mayApprove({ ...approval, ...change }, now)).toBe(false);
  });
});

it("a request is valid as long as its admin could make it", () => {
  expect(mayStillRequest(person(ada, "ADMIN"), person(bob))).toBe(true);
  expect(mayStillRequest(person(ada, "ADMIN"), person(bob, "OPERATOR"))).toBe(false);
  expect(mayStillRequest(person(ada), person(bob))).toBe(false);
  expect(mayStillRequest({ ...person(ada, "ADMIN"), status: "SUSPENDED" }, person(bob))).toBe(false);
  expect(mayStillRequest(null, person(bob))).toBe(false);
});
