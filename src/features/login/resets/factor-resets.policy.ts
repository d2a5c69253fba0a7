import type { LatestGrant, User } from "#features/users/index";
import { type Member, storedAdminCanManage } from "#shared/access-policy";
import { after, DAY, HOUR } from "#shared/durations";
import type { UserId } from "#shared/ids";
import { hasRole, type Role } from "#shared/roles";

/** Who started the reset: the user, an admin or operator, or the command line on the server. */
export const FACTOR_RESET_ORIGINS = ["USER", "ADMIN", "SERVER"] as const;
export type FactorResetOrigin = (typeof FACTOR_RESET_ORIGINS)[number];

export type FactorResetStatus = "WAITING" | "DONE" | "CANCELLED";

/** How long tenants other than the home tenant refuse entry after a reset, unless one of their admins agrees. */
export const ENTRY_BLOCK_MS = 72 * HOUR;

/** How long a reset waits. During this time the owner can stop it. */
export const RESET_WAIT_MS = { USER: 72 * HOUR, ADMIN: DAY, SERVER: 0 } as const satisfies Record<
  FactorResetOrigin,
  number
>;

/** How long an admin must have had the role to approve another admin's request. */
export const MIN_APPROVER_AGE_MS = 7 * DAY;

/** The time between two notifications of the owner while the reset waits. */
export const NOTICE_INTERVAL_MS = DAY;

/** The minimum time since the password was set through a mailed link, and between two resets. */
export const RESET_COOLDOWN_MS = 30 * DAY;

/** The facts that decide on a request. */
export interface ResetRequest {
  readonly roles: readonly Role[];
  /** When the password that was verified was last set through a mailed link; null if never, or if no password was verified. */
  readonly passwordSetByMailAt: Date | null;
  /** When the factors were last reset. */
  readonly lastDoneAt: Date | null;
}

/**
 * Whether a user may have their factors reset after the wait. Access to the mailbox alone must not suffice, so the first factor must
 * not have been set by mail. Admins and operators are excluded: others can reset theirs, and their accounts are too valuable.
 */
export const mayRequestReset = ({ roles, passwordSetByMailAt, lastDoneAt }: ResetRequest, now: Date): boolean => {
  const isRecent = (instant: Date | null) => instant !== null && instant > after(now, -RESET_COOLDOWN_MS);
  return !hasRole(roles, "ADMIN") && !isRecent(passwordSetByMailAt) && !isRecent(lastDoneAt);
};

/** The status of a reset. */
export const statusOf = ({
  cancelledAt,
  doneAt,
}: {
  readonly cancelledAt: Date | null;
  readonly doneAt: Date | null;
}): FactorResetStatus => (doneAt ? "DONE" : cancelledAt ? "CANCELLED" : "WAITING");

type StoredAdmin = Pick<User, "id" | "tenantId" | "roles" | "status">;

/** Whether an admin's request is still valid: they must still be allowed to make it. */
export const mayStillRequest = (requester: StoredAdmin | null, target: Member): boolean =>
  requester?.status === "ACTIVE" && storedAdminCanManage(requester, target);

export interface Approval {
  readonly requester: Pick<User, "id">;
  readonly target: Pick<User, "id" | "tenantId" | "roles">;
  readonly approver: StoredAdmin;
  /** When the approver was granted each role. A grant that is not recorded counts as new. */
  readonly granted: readonly Pick<LatestGrant, "role" | "grantedAt">[];
  /** The users who granted membership or roles to each of the two, directly or through others. */
  readonly granters: { readonly ofRequester: ReadonlySet<UserId>; readonly ofApprover: ReadonlySet<UserId> };
}

/**
 * Whether this admin may approve a reset that another admin requested. The approver must not be the user concerned, must have been
 * an admin for a week, and neither may have received their access from the other. Otherwise one person with two accounts could do it.
 */
export const mayApprove = ({ requester, target, approver, granted, granters }: Approval, now: Date): boolean => {
  if (approver.id === requester.id || approver.id === target.id || approver.status !== "ACTIVE") return false;
  if (granters.ofRequester.has(approver.id) || granters.ofApprover.has(requester.id)) return false;
  const since = (role: Role) => granted.find((grant) => grant.role === role)?.grantedAt;
  const lasting = approver.roles.filter((role) => {
    const grantedAt = since(role);
    return grantedAt !== undefined && grantedAt <= after(now, -MIN_APPROVER_AGE_MS);
  });
  return storedAdminCanManage({ tenantId: approver.tenantId, roles: lasting }, target);
};
