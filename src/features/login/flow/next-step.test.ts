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
  it("an account that must enrol proves its mailbox first, however usual the login is; one with a factor proves that", () => {
    const enrols = { kind: "SECOND_FACTOR", reason: "ENROLMENT_REQUIRED", factors: ["EMAIL_CODE"] };
    for (const policy of [lax, strict]) expect(next(none, policy, NO_RISK, true)).toEqual(enrols);
    expect(next(none, strictest, NO_RISK)).toEqual(enrols);
    expect(next({ ...none, totp: true }, lax, NO_RISK, true)).toMatchObject({ reason: "SECOND_FACTOR_ENABLED" });
  });

  it("an account without a second factor is let in", () => {
    expect(next(none, lax, NO_RISK)).toEqual({ kind: "SESSION" });
  });

  it.each([
    ["TOTP", { totp: true }, ["TOTP"]],
    ["TOTP with backup codes", { totp: true, backupCodesLeft: 3 }, ["TOTP", "BACKUP_CODE"]],
    ["a passkey", { passkeys: 2 }, ["PASSKEY"]],
    ["both, a passkey first", { totp: true, passkeys: 1, backupCodesLeft: 10 }, ["PASSKEY", "TOTP", "BACKUP_CODE"]],
    ["both, TOTP chosen", { totp: true, passkeys: 1, chosenFactor: "TOTP" }, ["TOTP", "PASSKEY"]],
    ["TOTP, where a passkey was chosen that is gone", { totp: true, chosenFactor: "PASSKEY" }, ["TOTP"]],
  ] as const)(
    "an account with %s proves it, whatever its tenant demands and however unusual it is",
    (_, has, factors) => {
      for (const policy of [lax, strict, strictest])
        for (const risk of [0, 39, 40, 70, 155].map(at))
          expect(next({ ...none, ...has }, policy, risk)).toEqual({
            kind: "SECOND_FACTOR",
            reason: "SECOND_FACTOR_ENABLED",
            factors,
          });
    },
  );

  it("an account without one proves its mailbox where the tenant demands a second factor", () => {
    expect(next(none, strict, at(100))).toEqual({
      kind: "SECOND_FACTOR",
      reason: "TENANT_POLICY",
      factors: ["EMAIL_CODE"],
    });
  });

  it("backup codes that no factor is left for ask for nothing", () => {
    expect(next({ ...none, backupCodesLeft: 4 }, lax, NO_RISK)).toEqual({ kind: "SESSION" });
  });

  it.each([
    [39, { kind: "SESSION" }],
    [40, { kind: "CONFIRMATION" }],
    [69, { kind: "CONFIRMATION" }],
    [70, { kind: "SECOND_FACTOR", reason: "HIGH_RISK", factors: ["EMAIL_CODE"] }],
  ] as const)("an account without one is asked according to the risk of %d", (score, expected) => {
    expect(next(none, lax, at(score))).toEqual(expected);
  });

  it("the tenant says from which risk on", () => {
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

  it("is the product's, whatever the operator's tenant allows", () => {
    expect(loginPolicyFor({ roles: ["USER", "OPERATOR"] }, stored(lenient))).toEqual({
      secondFactor: "REQUIRED_OWN",
      confirmLoginAtRisk: 40,
      secondFactorAtRisk: 70,
    });
  });

  it("is nobody else's: admins and users have their tenant's", () => {
    expect(loginPolicyFor({ roles: ["USER", "ADMIN"] }, stored(lenient))).toEqual(lenient);
    expect(loginPolicyFor({ roles: ["USER"] }, stored(strict))).toEqual(strict);
  });

  it("is nobody else's: a replica of the previous version stores the stricter rule as a boolean only", () => {
    const written = { ...lenient, requireSecondFactor: true };
    expect(loginPolicyFor({ roles: ["USER"] }, written)).toEqual({ ...lenient, secondFactor: "REQUIRED" });
  });
});

describe("after a provider's word, if a mailed code has proved the address", () => {
  const proved = (mfa: MfaState, policy: LoginPolicy, risk: RiskAssessment, mustEnrol = false) =>
    afterFirstFactor(mfa, policy, risk, { mustEnrol, mailboxProved: true });

  it("no mail asks again: neither for a code nor for a confirmation", () => {
    for (const policy of [lax, strict])
      for (const risk of [0, 39, 40, 70, 155].map(at)) expect(proved(none, policy, risk)).toEqual({ kind: "SESSION" });
  });

  it("an account that must enrol may do that and nothing else", () => {
    const enrols = { kind: "SESSION", enrolmentOnly: true };
    expect(proved(none, strictest, NO_RISK)).toEqual(enrols);
    expect(proved(none, lax, at(100), true)).toEqual(enrols);
  });

  it("an account with a second factor proves that, because a mailed code is none", () => {
    for (const policy of [lax, strict, strictest])
      expect(proved({ ...none, totp: true }, policy, NO_RISK)).toMatchObject({
        kind: "SECOND_FACTOR",
        reason: "SECOND_FACTOR_ENABLED",
        factors: ["TOTP"],
      });
  });
});
