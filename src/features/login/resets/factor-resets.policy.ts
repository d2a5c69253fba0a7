import type { LatestGrant, User } from "#features/users/index";
import { after, DAY, HOUR } from "#shared/durations";
import type { UserId } from "#shared/ids";
import { hasRole, type Role } from "#shared/roles";
import { type Member, storedAdminMayActOn } from "#shared/visibility";

/** Who started the reset: the user, an admin or operator, or the command line on the server. */
export const FACTOR_RESET_ORIGINS = ["USER", "ADMIN", "SERVER"] as const;
export type FactorResetOrigin = (typeof FACTOR_RESET_ORIGINS)[number];

export type FactorResetStatus = "WAITING" | "DONE" | "CANCELLED";

/** How long tenants other than the home refuse entry after a reset, in milliseconds, unless an admin of theirs agrees. */
export const ENTRY_BLOCKED = 72 * HOUR;

/** How long a reset waits, in milliseconds: so long the owner can stop it. */
export const RESET_WAITS = { USER: 72 * HOUR, ADMIN: DAY, SERVER: 0 } as const satisfies Record<
  FactorResetOrigin,
  number
>;

/** How long an admin must have had the role to approve what another requested, in milliseconds. */
export const APPROVER_SINCE = 7 * DAY;

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

/** The state of a reset. */
export const statusOf = ({
  cancelledAt,
  doneAt,
}: {
  readonly cancelledAt: Date | null;
  readonly doneAt: Date | null;
}): FactorResetStatus => (doneAt ? "DONE" : cancelledAt ? "CANCELLED" : "WAITING");

type Person = Pick<User, "id" | "tenantId" | "roles" | "status">;

/** Whether an admin's request counts: they must still be somebody who could make it. */
export const mayStillRequest = (requester: Person | null, target: Member): boolean =>
  requester?.status === "ACTIVE" && storedAdminMayActOn(requester, target);

export interface Approval {
  readonly requester: Pick<User, "id">;
  readonly target: Pick<User, "id" | "tenantId" | "roles">;
  readonly approver: Person;
  /** When the approver got each role. One that is not recorded counts as new. */
  readonly granted: readonly Pick<LatestGrant, "role" | "grantedAt">[];
  /** From whom each of the two got membership or roles, directly or through others. */
  readonly granters: { readonly ofRequester: ReadonlySet<UserId>; readonly ofApprover: ReadonlySet<UserId> };
}

/**
 * Whether this admin may approve the reset that another requested: not the user concerned, an admin for a week, and neither of
 * the two has the other to thank for being here. Else one person with two accounts could do it.
 */
export const mayApprove = ({ requester, target, approver, granted, granters }: Approval, now: Date): boolean => {
  if (approver.id === requester.id || approver.id === target.id || approver.status !== "ACTIVE") return false;
  if (granters.ofRequester.has(approver.id) || granters.ofApprover.has(requester.id)) return false;
  const since = (role: Role) => granted.find((grant) => grant.role === role)?.grantedAt;
  const lasting = approver.roles.filter((role) => {
    const grantedAt = since(role);
    return grantedAt !== undefined && grantedAt <= after(now, -APPROVER_SINCE);
  });
  return storedAdminMayActOn({ tenantId: approver.tenantId, roles: lasting }, target);
};
