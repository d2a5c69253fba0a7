import type { ChallengeReason } from "#features/challenges/index";
import { LEVELS } from "#features/risk/index";
import { type SecondFactorRule, type StoredSecondFactorRule, secondFactorRuleOf } from "#features/tenants/index";
import { assertNever } from "#shared/errors";
import type { Factor } from "#shared/factors";
import type { RiskAssessment } from "#shared/risk";
import { hasRole, type Role } from "#shared/roles";
import { factorsOf, isMfaEnabled, type MfaState } from "../mfa/mfa.policy.ts";

/** How far a login has come when its next step is decided. docs/architecture.md draws it. */
export type Stage =
  /** A password or the word of a provider: one factor, and what follows is decided by account, tenant and risk. */
  | { readonly kind: "FIRST_FACTOR"; readonly rests: RestsOn; readonly policy: TenantLoginPolicy }
  /** A passkey with user verification is two factors, and needs no more. */
  | { readonly kind: "PASSKEY" }
  /** The second factor that a challenge asked for. */
  | { readonly kind: "SECOND_FACTOR"; readonly reason: ChallengeReason | null }
  /** The user confirmed the login by mail. */
  | { readonly kind: "CONFIRMED" }
  /** A mailed link makes the user, or lets them in for the first time: the mailbox is proved, and asking by mail proves no more. */
  | { readonly kind: "MAILED_LINK"; readonly policy: TenantLoginPolicy };

/** What the decision after a first factor rests on, checked again behind the lock on the user's row. */
export interface RestsOn {
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

/** What the decision knows beside the stage. */
interface Decision {
  readonly user: { readonly roles: readonly Role[]; readonly mustEnrol: boolean };
  readonly risk: RiskAssessment;
  /** Whether this login has proved the mailbox already. */
  readonly mailboxProved: boolean;
}

/** What follows the verified factors, of an account that may log in. */
export const nextStep = (stage: Stage, { user, risk, mailboxProved }: Decision): NextStep => {
  switch (stage.kind) {
    case "FIRST_FACTOR": {
      const login = { mustEnrol: user.mustEnrol, mailboxProved };
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
 * What follows a right password, or a provider's word. A user's own factors come first: a user who proves one need not be asked
 * by mail. If this login has proved the mailbox already, no mail asks again.
 */
export const afterFirstFactor = (
  mfa: MfaState,
  policy: LoginPolicy,
  risk: RiskAssessment,
  login: { readonly mustEnrol: boolean; readonly mailboxProved?: boolean },
): NextStep => {
  const next = beforeMail(mfa, policy, risk, login);
  if (!login.mailboxProved || (next.kind === "SECOND_FACTOR" && !next.factors.includes("EMAIL_CODE"))) return next;
  return session(next.kind === "SECOND_FACTOR" && next.reason === "ENROLMENT_REQUIRED");
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

/** Whether what was decided after a first factor still holds: same password, same factors. */
export const stillRestsOn = (seen: RestsOn, now: RestsOn | null): boolean =>
  now !== null && now.hash === seen.hash && factorsOf(now.mfa).join() === factorsOf(seen.mfa).join();
