import { after, DAY, HOUR } from "../../../../shared/durations.ts";
import { hasRole, type Role } from "../../../../shared/roles.ts";

/** Who started the reset: the user, or an operator on the server. */
export type FactorResetOrigin = "USER" | "SERVER";

/** How long a reset waits that its user requested, in milliseconds: so long the owner can stop it. */
export const RESET_WAITS = 72 * HOUR;

/** How often the owner is told of it meanwhile, in milliseconds. */
export const TOLD_EVERY = DAY;

/** How long a password must have been free of mailed links, and how rarely a reset succeeds, in milliseconds. */
export const RESET_QUIET = 30 * DAY;

/** What the decision over a request knows. */
export interface ResetRequest {
  readonly roles: readonly Role[];
  /** When the password that was proved was last set through a mailed link; null if never, or if none was proved. */
  readonly passwordSetByMailAt: Date | null;
  /** When the factors were last reset. */
  readonly lastDoneAt: Date | null;
}

/**
 * Whether a user may have their factors reset after the wait. Not by a mailbox alone: the first factor must not come from
 * there. Admins and operators have others who can do it, and are worth too much.
 */
export const mayRequestReset = ({ roles, passwordSetByMailAt, lastDoneAt }: ResetRequest, now: Date): boolean => {
  const isRecent = (instant: Date | null) => instant !== null && instant > after(now, -RESET_QUIET);
  return !hasRole(roles, "ADMIN") && !isRecent(passwordSetByMailAt) && !isRecent(lastDoneAt);
};
