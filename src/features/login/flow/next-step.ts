import type { ChallengeReason } from "#features/challenges/index";
import { LEVELS } from "#features/risk/index";
import { type SecondFactorRule, type StoredSecondFactorRule, secondFactorRuleOf } from "#features/tenants/index";
import type { Factor } from "#shared/factors";
import type { RiskAssessment } from "#shared/risk";
import { hasRole, type Role } from "#shared/roles";
import { factorsOf, isMfaEnabled, type MfaState } from "../mfa/mfa.policy.ts";

/**
 * What a login goes through:
 *
 *   password ─ right ─ no obstacle ─┬─ session
 *                                   ├─ second factor ─ proved ─ session
 *                                   ├─ mailed code ─ proved ─ enrolment of a factor ─ session
 *                                   └─ confirmation by mail ─┬─ yes ─ resumed ─ session
 *                                                            └─ no ── everything ends
 *   provider ─ says who ─┬─ … as a password that is right
 *                        └─ address not proved ─ mailed code ─ proved ─ … as a password that is right
 *   passkey ── right ─ no obstacle ─── session
 *
 * A password is one factor, and so is the word of a provider; what follows them is decided here. A passkey with user verification is two, and needs no more.
 */
export type NextStep =
  | {
      readonly kind: "SESSION";
      /** Set if the session is only for enrolling a second factor. */
      readonly enrolmentOnly?: true;
    }
  | { readonly kind: "SECOND_FACTOR"; readonly reason: ChallengeReason; readonly factors: readonly Factor[] }
  | { readonly kind: "CONFIRMATION" };

/** What logins of a user need. The scores are those from which on they need it. */
export interface LoginPolicy {
  readonly secondFactor: SecondFactorRule;
  readonly confirmLoginAtRisk: number;
  readonly secondFactorAtRisk: number;
}

/** The same of a tenant, as it is stored. */
export type TenantLoginPolicy = LoginPolicy & StoredSecondFactorRule;

/** Operators have the product's own policy: no admin of the tenant in which they happen to live can weaken it. */
const OPERATOR_POLICY: LoginPolicy = {
  secondFactor: "REQUIRED_OWN",
  confirmLoginAtRisk: LEVELS.ELEVATED,
  secondFactorAtRisk: LEVELS.HIGH,
};

/** The policy for this user's logins, in a tenant with this policy. */
export const loginPolicyFor = (
  { roles }: { readonly roles: readonly Role[] },
  ofTenant: TenantLoginPolicy,
): LoginPolicy => {
  if (hasRole(roles, "OPERATOR")) return OPERATOR_POLICY;
  const { confirmLoginAtRisk, secondFactorAtRisk } = ofTenant;
  return { secondFactor: secondFactorRuleOf(ofTenant), confirmLoginAtRisk, secondFactorAtRisk };
};

/** Whether a user without a factor must add one before anything else, in a tenant with this policy. */
export const mustEnrolFirst = (user: { readonly roles: readonly Role[] }, ofTenant: TenantLoginPolicy): boolean =>
  loginPolicyFor(user, ofTenant).secondFactor === "REQUIRED_OWN";

/**
 * What follows a right password, or a provider's word. A user's own factors come first: whoever proves one need not be asked by
 * mail. If this login has proved the mailbox already, no mail asks again.
 */
export const afterFirstFactor = (
  mfa: MfaState,
  policy: LoginPolicy,
  risk: RiskAssessment,
  login: { readonly mustEnrol: boolean; readonly mailboxProved?: boolean },
): NextStep => {
  const next = beforeMail(mfa, policy, risk, login);
  if (!login.mailboxProved || (next.kind === "SECOND_FACTOR" && !next.factors.includes("EMAIL_CODE"))) return next;
  const enrols = next.kind === "SECOND_FACTOR" && next.reason === "ENROLMENT_REQUIRED";
  return { kind: "SESSION", ...(enrols && { enrolmentOnly: true }) };
};

const beforeMail = (
  mfa: MfaState,
  policy: LoginPolicy,
  { score }: RiskAssessment,
  { mustEnrol }: { readonly mustEnrol: boolean },
): NextStep => {
  if (isMfaEnabled(mfa)) return { kind: "SECOND_FACTOR", reason: "SECOND_FACTOR_ENABLED", factors: factorsOf(mfa) };
  if (mustEnrol || policy.secondFactor === "REQUIRED_OWN")
    return { kind: "SECOND_FACTOR", reason: "ENROLMENT_REQUIRED", factors: ["EMAIL_CODE"] };
  if (policy.secondFactor === "REQUIRED")
    return { kind: "SECOND_FACTOR", reason: "TENANT_POLICY", factors: ["EMAIL_CODE"] };
  if (score >= policy.secondFactorAtRisk)
    return { kind: "SECOND_FACTOR", reason: "HIGH_RISK", factors: ["EMAIL_CODE"] };
  return { kind: score >= policy.confirmLoginAtRisk ? "CONFIRMATION" : "SESSION" };
};
