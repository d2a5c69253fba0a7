import type { SecurityEventDraft } from "#features/audit/index";
import type { TenantStatus } from "#features/tenants/index";
import type { Client } from "#shared/client";
import type { TenantId, UserId } from "#shared/ids";
import type { Role } from "#shared/roles";
import type { Viewer } from "#shared/viewer";
import type { ProfileField } from "./administration.policy.ts";

interface Subject {
  readonly id: UserId;
  readonly tenantId: TenantId;
}

/** The user who performed the action. Absent if it came from the command line. */
export interface Actor {
  readonly viewer: Viewer;
  readonly client: Client;
}

const by = (actor: Actor | undefined): { readonly by?: UserId } => (actor ? { by: actor.viewer.userId } : {});

const about = ({ id, tenantId }: Subject, actor: Actor | undefined) => ({
  userId: id,
  tenantId,
  client: actor?.client ?? null,
});

/** An admin changed the user's profile. The event lists the fields without their values, because it outlives the account. */
export const userUpdated = (user: Subject, fields: readonly ProfileField[], actor: Actor): SecurityEventDraft => ({
  ...about(user, actor),
  type: "USER_UPDATED",
  details: { ...by(actor), fields },
});

/** An admin suspended the user. */
export const userSuspended = (user: Subject, reason: string | null, actor: Actor): SecurityEventDraft => ({
  ...about(user, actor),
  type: "USER_SUSPENDED",
  details: { ...by(actor), ...(reason && { reason }) },
});

/** An admin reactivated the user. */
export const userReactivated = (user: Subject, actor: Actor): SecurityEventDraft => ({
  ...about(user, actor),
  type: "USER_REACTIVATED",
  details: { ...by(actor) },
});

/** An admin requires the user to reset the password. */
export const passwordResetDemanded = (user: Subject, actor: Actor): SecurityEventDraft => ({
  ...about(user, actor),
  type: "PASSWORD_RESET_REQUESTED",
  details: { ...by(actor), required: true },
});

/** The user's roles were changed, by an admin or from the command line. */
export const rolesChanged = (
  user: Subject,
  { from, to }: { readonly from: readonly Role[]; readonly to: readonly Role[] },
  actor?: Actor,
): SecurityEventDraft => ({
  ...about(user, actor),
  type: "ROLES_CHANGED",
  details: { ...by(actor), from, to },
});

/** An operator was created from the command line. */
export const operatorCreated = (user: Subject): SecurityEventDraft => ({
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
