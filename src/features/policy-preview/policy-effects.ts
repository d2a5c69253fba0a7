import { afterFirstFactor, loginPolicyFor } from "#features/login/index";
import type { SecurityPolicy } from "#features/tenants/index";
import { assertNever } from "#shared/errors";
import type { Role } from "#shared/roles";

/** The days of logins and other activity that a preview looks at. */
export const PREVIEW_DAYS = 30;

/** The most logins that a preview assesses: the newest ones. */
export const MAX_LOGINS = 50_000;

/** The properties of users that decide, with the risk, what their logins need. */
export interface UserTraits {
  readonly isOperator: boolean;
  readonly mustEnrol: boolean;
  /** Whether the user has TOTP or a passkey now. */
  readonly hasOwnFactor: boolean;
}

/** Logins with a right first factor that are equal for the policy. */
export interface LoginGroup extends UserTraits {
  readonly score: number;
  readonly count: number;
}

/** Active users, or members whose home is another tenant, that are equal for the policy. */
export interface UserGroup extends Omit<UserTraits, "hasOwnFactor"> {
  readonly count: number;
}

/** What a preview is calculated from. */
export interface PolicyFacts {
  readonly logins: readonly LoginGroup[];
  /** Users of the tenant without a second factor of their own. */
  readonly usersWithoutFactor: readonly UserGroup[];
  /** Members without a second factor of their own whose home is another tenant. */
  readonly guestsWithoutFactor: number;
  /** How many users have each number of live sessions. */
  readonly sessions: readonly { readonly sessionCount: number; readonly userCount: number }[];
}

/** How many logins each rule would have applied to. */
export interface PolicyLogins {
  readonly withoutFurtherStep: number;
  readonly withOwnFactor: number;
  readonly withMailedCode: number;
  readonly withConfirmation: number;
}

export interface PolicyEffect {
  readonly logins: PolicyLogins;
  readonly usersToEnrol: number;
  readonly guestsToEnrol: number;
  readonly usersOverSessionLimit: number;
  readonly sessionsOverLimit: number;
}

/** Returns what this policy would have required. The login rules are those that decide real logins. */
export const effectOf = (policy: SecurityPolicy, facts: PolicyFacts): PolicyEffect => {
  const overLimit = facts.sessions.filter(({ sessionCount }) => sessionCount > (policy.maxSessions ?? Infinity));
  return {
    logins: loginsUnder(policy, facts.logins),
    usersToEnrol: sum(facts.usersWithoutFactor.filter((group) => mustEnrol(policy, group)).map(({ count }) => count)),
    guestsToEnrol: policy.secondFactor === "REQUIRED_OWN" ? facts.guestsWithoutFactor : 0,
    usersOverSessionLimit: sum(overLimit.map(({ userCount }) => userCount)),
    sessionsOverLimit: sum(
      overLimit.map(({ sessionCount, userCount }) => (sessionCount - (policy.maxSessions ?? 0)) * userCount),
    ),
  };
};

const loginsUnder = (policy: SecurityPolicy, groups: readonly LoginGroup[]): PolicyLogins => {
  const counts = { withoutFurtherStep: 0, withOwnFactor: 0, withMailedCode: 0, withConfirmation: 0 };
  for (const { count, score, ...traits } of groups) counts[requirementOf(policy, traits, score)] += count;
  return counts;
};

const requirementOf = (policy: SecurityPolicy, traits: UserTraits, score: number): keyof PolicyLogins => {
  const next = stepAfter(policy, traits, score);
  switch (next.kind) {
    case "SESSION":
      return "withoutFurtherStep";
    case "CONFIRMATION":
      return "withConfirmation";
    case "SECOND_FACTOR":
      return next.factors.includes("EMAIL_CODE") ? "withMailedCode" : "withOwnFactor";
    default:
      return assertNever(next);
  }
};

const mustEnrol = (policy: SecurityPolicy, group: UserGroup): boolean => {
  const next = stepAfter(policy, { ...group, hasOwnFactor: false }, 0);
  return next.kind === "SECOND_FACTOR" && next.reason === "ENROLMENT_REQUIRED";
};

const stepAfter = (policy: SecurityPolicy, { isOperator, mustEnrol, hasOwnFactor }: UserTraits, score: number) => {
  const roles: Role[] = isOperator ? ["USER", "OPERATOR"] : ["USER"];
  const stored = { ...policy, requireSecondFactor: policy.secondFactor !== "OPTIONAL" };
  const mfa = { totp: hasOwnFactor, passkeys: 0, backupCodesLeft: 0, chosenFactor: null };
  return afterFirstFactor(mfa, loginPolicyFor({ roles }, stored), { score }, { mustEnrol });
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
