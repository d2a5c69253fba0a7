import type { Factor } from "../../shared/factors.ts";
import type { RiskAssessment } from "../../shared/risk.ts";
import type { ChallengeReason } from "../challenges/index.ts";
import { factorsOf, isMfaEnabled, type MfaState } from "./factors/mfa.policy.ts";

/**
 * What a login goes through:
 *
 *   password ─ right ─ no obstacle ─┬─ session
 *                                   ├─ second factor ─ proved ─ session
 *                                   ├─ mailed code ─ proved ─ enrolment of a factor ─ session
 *                                   └─ confirmation by mail ─┬─ yes ─ resumed ─ session
 *                                                            └─ no ── everything ends
 *   provider ─ says who ─ … as a password that is right
 *   passkey ── right ─ no obstacle ─── session
 *
 * A password is one factor, and so is the word of a provider; what follows them is decided here. A passkey with user verification is two, and needs no more.
 */
export type NextStep =
  | { readonly kind: "SESSION" }
  | { readonly kind: "SECOND_FACTOR"; readonly reason: ChallengeReason; readonly factors: readonly Factor[] }
  | { readonly kind: "CONFIRMATION" };

/** What the user's tenant demands of logins. The scores are those from which on it does. */
export interface LoginPolicy {
  readonly requireSecondFactor: boolean;
  readonly confirmLoginAtRisk: number;
  readonly secondFactorAtRisk: number;
}

/** What follows a right password, or a provider's word. A user's own factors come first: whoever proves one need not be asked by mail. */
export const afterFirstFactor = (
  mfa: MfaState,
  policy: LoginPolicy,
  { score }: RiskAssessment,
  { mustEnrol }: { readonly mustEnrol: boolean },
): NextStep => {
  if (isMfaEnabled(mfa)) return { kind: "SECOND_FACTOR", reason: "SECOND_FACTOR_ENABLED", factors: factorsOf(mfa) };
  if (mustEnrol) return { kind: "SECOND_FACTOR", reason: "ENROLMENT_REQUIRED", factors: ["EMAIL_CODE"] };
  if (policy.requireSecondFactor) return { kind: "SECOND_FACTOR", reason: "TENANT_POLICY", factors: ["EMAIL_CODE"] };
  if (score >= policy.secondFactorAtRisk)
    return { kind: "SECOND_FACTOR", reason: "HIGH_RISK", factors: ["EMAIL_CODE"] };
  return { kind: score >= policy.confirmLoginAtRisk ? "CONFIRMATION" : "SESSION" };
};
