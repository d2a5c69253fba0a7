import { expect, it } from "vitest";
import { membershipChangeIn } from "./membership-changes.policy.ts";

const membershipId = "01920000-0000-7000-8000-00000000000a";

it.each([
  ["MEMBERSHIP_ADDED", "ADDED"],
  ["MEMBERSHIP_CHANGED", "CHANGED"],
  ["ROLE_UPDATED", "CHANGED"],
  ["ROLE_DELETED", "CHANGED"],
  ["MEMBERSHIP_REMOVED", "REMOVED"],
] as const)("reads from %s that a membership is %s", (type, kind) => {
  expect(membershipChangeIn({ type, details: { membershipId } })).toEqual({ kind, membershipId });
});

it("ignores other events, and events without a membership", () => {
  expect(membershipChangeIn({ type: "PASSWORD_CHANGED", details: { membershipId } })).toBeNull();
  for (const details of [{}, { membershipId: 1 }, { membershipId: "x" }])
    expect(membershipChangeIn({ type: "ROLE_UPDATED", details })).toBeNull();
});
