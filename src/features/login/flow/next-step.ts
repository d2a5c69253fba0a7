import type { ChallengeReason } from "#features/challenges/index";
import { LEVELS } from "#features/risk/index";
import { type SecondFactorRule, type StoredSecondFactorRule, secondFactorRuleOf } from "#features/tenants/index";
import { assertNever } from "#shared/errors";
import type { Factor } from "#shared/factors";
import type { RiskAssessment } from "#shared/risk";
import { hasRole, type Role } from "#shared/roles";
import { factorsOf, isMfaEnabled, type MfaState } from "../mfa/mfa.policy.ts";

/** The stage that a login has reached when its next step is decided. See the diagram in docs/architecture.md. */
export type Stage =
  /** A password or a social login: one factor. Account, tenant and risk decide the next step. */
  | { readonly kind: "FIRST_FACTOR"; readonly rests: VerifiedAgainst; readonly policy: TenantLoginPolicy }
  /** A passkey with user verification counts as two factors, so nothing more is needed. */
  | { readonly kind: "PASSKEY" }
  /** The second factor that a challenge required. */
  | { readonly kind: "SECOND_FACTOR"; readonly reason: ChallengeReason | null }
  /** The user confirmed the login by mail. */
  | { readonly kind: "CONFIRMED" }
  /** A mailed link creates or first admits the user. It verifies the mailbox, so another mail would add nothing. */
  | { readonly kind: "MAILED_LINK"; readonly policy: TenantLoginPolicy };

/** What the decision after a first factor is based on. It is checked again once the user's row is locked. */
export interface VerifiedAgainst {
  readonly hash: string | null;
  readonly mfa: MfaState;
}

export type NextStep =
  | {
      readonly kind: "SESSION";
      /** Set if the session is only for enrolling a second factor. */
      readonly enrolmentOnly?: true;
    }
  | { readonly kind: "SECOND_FACTOR"; readonly reason: ChallengeReason; readonly factors: readonly Factor[] }
  | { readonly kind: "CONFIRMATION" };

/** The requirements for a user's logins. The scores are the minimum risk for each requirement. */
export interface LoginPolicy {
  readonly secondFactor: SecondFactorRule;
  readonly confirmLoginAtRisk: number;
  readonly secondFactorAtRisk: number;
}

/** The policy of a tenant, as stored. */
export type TenantLoginPolicy = LoginPolicy & StoredSecondFactorRule;

/** Operators have a fixed policy of the product, so that an admin of their tenant cannot weaken it. */
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

/** The inputs of the decision besides the stage. */
interface Decision {
  readonly user: { readonly roles: readonly Role[]; readonly mustEnrol: boolean };
  readonly risk: RiskAssessment;
  /** Whether this login has already verified the mailbox. */
  readonly mailboxVerified: boolean;
}

/** The next step after the factors were verified, for an account that may log in. */
export const nextStep = (stage: Stage, { user, risk, mailboxVerified }: Decision): NextStep => {
  switch (stage.kind) {
    case "FIRST_FACTOR": {
      const login = { mustEnrol: user.mustEnrol, mailboxVerified };
      return afterFirstFactor(stage.rests.mfa, loginPolicyFor(user, stage.policy), risk, login);
    }
    case "PASSKEY":
    case "CONFIRMED":
      return { kind: "SESSION" };
    case "SECOND_FACTOR":
      return session(stage.reason === "ENROLMENT_REQUIRED");
    case "MAILED_LINK":
      return session(loginPolicyFor(user, stage.policy).secondFactor === "REQUIRED_OWN");
    default:
      return assertNever(stage);
  }
};

const session = (enrolmentOnly: boolean): NextStep => ({ kind: "SESSION", ...(enrolmentOnly && { enrolmentOnly }) });

/**
 * The next step after a right password or a social login. A user's own factors come first: if the user completes one, no mail is
 * needed. If this login has already verified the mailbox, no further mail is required.
 */
export const afterFirstFactor = (
  mfa: MfaState,
  policy: LoginPolicy,
  risk: Pick<RiskAssessment, "score">,
  login: { readonly mustEnrol: boolean; readonly mailboxVerified?: boolean },
): NextStep => {
  const next = beforeMail(mfa, policy, risk, login);
  if (!login.mailboxVerified || (next.kind === "SECOND_FACTOR" && !next.factors.includes("EMAIL_CODE"))) return next;
  return session(next.kind === "SECOND_FACTOR" && next.reason === "ENROLMENT_REQUIRED");
};

const beforeMail = (
  mfa: MfaState,
  policy: LoginPolicy,
  { score }: Pick<RiskAssessment, "score">,
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

/** Whether the basis of the decision after a first factor is unchanged: the same password and the same factors. */
export const isStillVerified = (seen: VerifiedAgainst, now: VerifiedAgainst | null): boolean =>
  now !== null && now.hash === seen.hash && factorsOf(now.mfa).join() === factorsOf(seen.mfa).join();
