import type { SecurityEventDraft } from "#features/audit/index";
import type { TenantStatus } from "#features/tenants/index";
import type { Actor } from "#shared/actor";
import type { TenantId, UserId } from "#shared/ids";
import type { Role } from "#shared/roles";
import type { ProfileField } from "./administration.policy.ts";

interface ChangedUser {
  readonly id: UserId;
  readonly tenantId: TenantId;
}

const by = (actor: Actor | undefined): { readonly by?: UserId } => (actor ? { by: actor.viewer.userId } : {});

const about = ({ id, tenantId }: ChangedUser, actor: Actor | undefined) => ({
  userId: id,
  tenantId,
  client: actor?.client ?? null,
});

/** An admin changed the user's profile. The event lists the fields without their values, because it outlives the account. */
export const userUpdated = (user: ChangedUser, fields: readonly ProfileField[], actor: Actor): SecurityEventDraft => ({
  ...about(user, actor),
  type: "USER_UPDATED",
  details: { ...by(actor), fields },
});

/** An admin suspended the user. */
export const userSuspended = (user: ChangedUser, reason: string | null, actor: Actor): SecurityEventDraft => ({
  ...about(user, actor),
  type: "USER_SUSPENDED",
  details: { ...by(actor), ...(reason && { reason }) },
});

/** An admin reactivated the user. */
export const userReactivated = (user: ChangedUser, actor: Actor): SecurityEventDraft => ({
  ...about(user, actor),
  type: "USER_REACTIVATED",
  details: { ...by(actor) },
});

/** An admin requires the user to reset the password. */
export const passwordResetRequired = (user: ChangedUser, actor: Actor): SecurityEventDraft => ({
  ...about(user, actor),
  type: "PASSWORD_RESET_REQUESTED",
  details: { ...by(actor), required: true },
});

/** The user's roles were changed, by an admin or from the command line. */
export const rolesChanged = (
  user: ChangedUser,
  { from, to }: { readonly from: readonly Role[]; readonly to: readonly Role[] },
  actor?: Actor,
): SecurityEventDraft => ({
  ...about(user, actor),
  type: "ROLES_CHANGED",
  details: { ...by(actor), from, to },
});

/** An operator was created from the command line. */
export const operatorCreated = (user: ChangedUser): SecurityEventDraft => ({
  ...about(user, undefined),
  type: "USER_REGISTERED",
  details: { method: "COMMAND_LINE" },
});

/** An operator suspended or reactivated a tenant. The event has no subject user. */
export const tenantStatusChanged = (
  tenantId: TenantId,
  status: TenantStatus,
  { viewer, client }: Actor,
): SecurityEventDraft => ({
  type: status === "SUSPENDED" ? "TENANT_SUSPENDED" : "TENANT_REACTIVATED",
  tenantId,
  userId: null,
  client,
  details: { by: viewer.userId },
});
