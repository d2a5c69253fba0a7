import type { Factor } from "../../shared/factors.ts";
import type { ChallengeReason } from "../challenges/index.ts";
import { factorsOf, isMfaEnabled, type MfaState } from "./factors/mfa.policy.ts";

/**
 * What a login goes through:
 *
 *   password ─ right ─ no obstacle ─┬─ session
 *                                   └─ second factor ─ proved ─ session
 *   passkey ── right ─ no obstacle ─── session
 *
 * A password is one factor; what follows it is decided here. A passkey with user verification is two, and needs no more.
 */
export type NextStep =
  | { readonly kind: "SESSION" }
  | { readonly kind: "SECOND_FACTOR"; readonly reason: ChallengeReason; readonly factors: readonly Factor[] };

/** What the user's tenant demands of logins. */
export interface LoginPolicy {
  readonly requireSecondFactor: boolean;
}

/** What follows a right password. A user's own factors come first; the tenant's wish is met by a code by mail. */
export const afterFirstFactor = (mfa: MfaState, policy: LoginPolicy): NextStep => {
  if (isMfaEnabled(mfa)) return { kind: "SECOND_FACTOR", reason: "SECOND_FACTOR_ENABLED", factors: factorsOf(mfa) };
  if (policy.requireSecondFactor) return { kind: "SECOND_FACTOR", reason: "TENANT_POLICY", factors: ["EMAIL_CODE"] };
  return { kind: "SESSION" };
};
