import { describe, expect, it } from "vitest";
import { NO_RISK, type RiskAssessment } from "#shared/risk";
import type { MfaState } from "../mfa/mfa.policy.ts";
import { afterFirstFactor, type LoginPolicy, loginPolicyFor } from "./next-step.ts";

const none: MfaState = { totp: false, passkeys: 0, backupCodesLeft: 0, chosenFactor: null };
const lax = { secondFactor: "OPTIONAL", confirmLoginAtRisk: 40, secondFactorAtRisk: 70 } as const;
const strict = { ...lax, secondFactor: "REQUIRED" } as const;
const strictest = { ...lax, secondFactor: "REQUIRED_OWN" } as const;
const at = (score: number): RiskAssessment => ({ ...NO_RISK, score });

const next = (mfa: MfaState, policy: LoginPolicy, risk: RiskAssessment, mustEnrol = false) =>
  afterFirstFactor(mfa, policy, risk, { mustEnrol });

describe("after a right password", () => {
  it("an account that must enrol completes a mailed code first, whatever the risk; one with a factor completes that", () => {
    const enrols = { kind: "SECOND_FACTOR", reason: "ENROLMENT_REQUIRED", factors: ["EMAIL_CODE"] };
    for (const policy of [lax, strict]) expect(next(none, policy, NO_RISK, true)).toEqual(enrols);
    expect(next(none, strictest, NO_RISK)).toEqual(enrols);
    expect(next({ ...none, totp: true }, lax, NO_RISK, true)).toMatchObject({ reason: "SECOND_FACTOR_ENABLED" });
  });

  it("an account without a second factor gets a session", () => {
    expect(next(none, lax, NO_RISK)).toEqual({ kind: "SESSION" });
  });

  it.each([
    ["TOTP", { totp: true }, ["TOTP"]],
    ["TOTP with backup codes", { totp: true, backupCodesLeft: 3 }, ["TOTP", "BACKUP_CODE"]],
    ["a passkey", { passkeys: 2 }, ["PASSKEY"]],
    ["both, a passkey first", { totp: true, passkeys: 1, backupCodesLeft: 10 }, ["PASSKEY", "TOTP", "BACKUP_CODE"]],
    ["both, TOTP chosen", { totp: true, passkeys: 1, chosenFactor: "TOTP" }, ["TOTP", "PASSKEY"]],
    ["TOTP, if the chosen passkey was removed", { totp: true, chosenFactor: "PASSKEY" }, ["TOTP"]],
  ] as const)("an account with %s must complete it, whatever the tenant's policy and the risk", (_, has, factors) => {
    for (const policy of [lax, strict, strictest])
      for (const risk of [0, 39, 40, 70, 155].map(at))
        expect(next({ ...none, ...has }, policy, risk)).toEqual({
          kind: "SECOND_FACTOR",
          reason: "SECOND_FACTOR_ENABLED",
          factors,
        });
  });

  it("an account without one completes a mailed code if the tenant requires a second factor", () => {
    expect(next(none, strict, at(100))).toEqual({
      kind: "SECOND_FACTOR",
      reason: "TENANT_POLICY",
      factors: ["EMAIL_CODE"],
    });
  });

  it("backup codes without another factor require nothing", () => {
    expect(next({ ...none, backupCodesLeft: 4 }, lax, NO_RISK)).toEqual({ kind: "SESSION" });
  });

  it.each([
    [39, { kind: "SESSION" }],
    [40, { kind: "CONFIRMATION" }],
    [69, { kind: "CONFIRMATION" }],
    [70, { kind: "SECOND_FACTOR", reason: "HIGH_RISK", factors: ["EMAIL_CODE"] }],
  ] as const)("an account without one gets the step for a risk of %d", (score, expected) => {
    expect(next(none, lax, at(score))).toEqual(expected);
  });

  it("the tenant sets the risk thresholds", () => {
    const policy = { ...lax, confirmLoginAtRisk: 10, secondFactorAtRisk: 20 };
    expect([9, 10, 20].map((score) => next(none, policy, at(score)).kind)).toEqual([
      "SESSION",
      "CONFIRMATION",
      "SECOND_FACTOR",
    ]);
  });
});

describe("the policy of an operator", () => {
  const stored = (policy: LoginPolicy) => ({ ...policy, requireSecondFactor: policy.secondFactor !== "OPTIONAL" });
  const lenient = { secondFactor: "OPTIONAL", confirmLoginAtRisk: 200, secondFactorAtRisk: 200 } as const;

  it("is the product's policy, whatever the operator's tenant allows", () => {
    expect(loginPolicyFor({ roles: ["USER", "OPERATOR"] }, stored(lenient))).toEqual({
      secondFactor: "REQUIRED_OWN",
      confirmLoginAtRisk: 40,
      secondFactorAtRisk: 70,
    });
  });

  it("applies to operators only: admins and users have their tenant's policy", () => {
    expect(loginPolicyFor({ roles: ["USER", "ADMIN"] }, stored(lenient))).toEqual(lenient);
    expect(loginPolicyFor({ roles: ["USER"] }, stored(strict))).toEqual(strict);
  });

  it("applies to operators only, even if a replica of the previous version stored the stricter rule as a boolean", () => {
    const written = { ...lenient, requireSecondFactor: true };
    expect(loginPolicyFor({ roles: ["USER"] }, written)).toEqual({ ...lenient, secondFactor: "REQUIRED" });
  });
});

describe("after a social login whose address was verified by a mailed code", () => {
  const afterMail = (mfa: MfaState, policy: LoginPolicy, risk: RiskAssessment, mustEnrol = false) =>
    afterFirstFactor(mfa, policy, risk, { mustEnrol, mailboxVerified: true });

  it("no further mail is required, neither a code nor a confirmation", () => {
    for (const policy of [lax, strict])
      for (const risk of [0, 39, 40, 70, 155].map(at))
        expect(afterMail(none, policy, risk)).toEqual({ kind: "SESSION" });
  });

  it("an account that must enrol gets a session for enrolment only", () => {
    const enrols = { kind: "SESSION", enrolmentOnly: true };
    expect(afterMail(none, strictest, NO_RISK)).toEqual(enrols);
    expect(afterMail(none, lax, at(100), true)).toEqual(enrols);
  });

  it("an account with a second factor must complete it, because a mailed code does not count as one", () => {
    for (const policy of [lax, strict, strictest])
      expect(afterMail({ ...none, totp: true }, policy, NO_RISK)).toMatchObject({
        kind: "SECOND_FACTOR",
        reason: "SECOND_FACTOR_ENABLED",
        factors: ["TOTP"],
      });
  });
});
