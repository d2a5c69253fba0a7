import { describe, expect, it } from "vitest";
import { type PolicyUpdate, policyChanges, updatePolicy, validatePolicy } from "./security-policy.policy.ts";
import type { SecurityPolicy } from "./tenants.policy.ts";

const POLICY: SecurityPolicy = {
  registration: "OPEN",
  maxSessions: 2,
  passwordChangeEnds: "NONE",
  passwordMinLength: 8,
  secondFactor: "OPTIONAL",
  confirmLoginAtRisk: 40,
  secondFactorAtRisk: 70,
};

describe("a policy change", () => {
  it("changes only the named settings", () => {
    expect(updatePolicy(POLICY, {})).toEqual(POLICY);
    expect(updatePolicy(POLICY, { secondFactor: "REQUIRED" })).toEqual({ ...POLICY, secondFactor: "REQUIRED" });
    expect(updatePolicy(POLICY, { confirmLoginAtRisk: 0 })).toEqual({ ...POLICY, confirmLoginAtRisk: 0 });
  });

  it("removes the session limit with null; null leaves every other setting unchanged", () => {
    const nulls = Object.fromEntries(Object.keys(POLICY).map((setting) => [setting, null]));
    expect(updatePolicy(POLICY, nulls)).toEqual({ ...POLICY, maxSessions: null });
    expect(validatePolicy(POLICY, nulls)).toEqual([]);
  });

  it.each([
    { maxSessions: 1 },
    { maxSessions: 100 },
    { passwordMinLength: 8 },
    { passwordMinLength: 128 },
    { confirmLoginAtRisk: 0 },
    { confirmLoginAtRisk: 70 },
    { secondFactorAtRisk: 40 },
    { secondFactorAtRisk: 200 },
    { confirmLoginAtRisk: 200, secondFactorAtRisk: 200 },
    { confirmLoginAtRisk: 0, secondFactorAtRisk: 0 },
  ] satisfies PolicyUpdate[])("is accepted within the bounds: %j", (update) => {
    expect(validatePolicy(POLICY, update)).toEqual([]);
  });

  it.each<[PolicyUpdate, string[]]>([
    [{ maxSessions: 0 }, ["input.maxSessions"]],
    [{ maxSessions: 101 }, ["input.maxSessions"]],
    [{ passwordMinLength: 7 }, ["input.passwordMinLength"]],
    [{ passwordMinLength: 129 }, ["input.passwordMinLength"]],
    [{ confirmLoginAtRisk: -1 }, ["input.confirmLoginAtRisk"]],
    [{ secondFactorAtRisk: 201 }, ["input.secondFactorAtRisk"]],
    [{ confirmLoginAtRisk: 71 }, ["input.confirmLoginAtRisk"]],
    [{ secondFactorAtRisk: 39 }, ["input.secondFactorAtRisk"]],
    [{ confirmLoginAtRisk: 60, secondFactorAtRisk: 50 }, ["input.confirmLoginAtRisk", "input.secondFactorAtRisk"]],
    [{ maxSessions: -5, passwordMinLength: 1_000 }, ["input.maxSessions", "input.passwordMinLength"]],
  ])("is rejected by name if out of bounds: %j", (update, paths) => {
    expect(validatePolicy(POLICY, update).map(({ path }) => path)).toEqual(paths);
  });

  it("is recorded with the old and new value of each changed setting", () => {
    const update = { maxSessions: null, registration: "OPEN", passwordMinLength: 12 } as const;
    expect(policyChanges(POLICY, updatePolicy(POLICY, update))).toEqual({
      maxSessions: { from: 2, to: null },
      passwordMinLength: { from: 8, to: 12 },
    });
  });
});
