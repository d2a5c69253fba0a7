import type { SecurityEventDraft } from "#features/audit/index";
import type { MembershipRow, RoleRow } from "#features/memberships/index";
import type { Actor } from "#shared/actor";

type Membership = Pick<MembershipRow, "id" | "tenantId" | "userId">;

const about = (type: SecurityEventDraft["type"], membership: Membership, { viewer, client }: Actor) => ({
  type,
  tenantId: membership.tenantId,
  userId: membership.userId,
  client,
  details: { by: viewer.userId, membershipId: membership.id },
});

/** The user became a member of a tenant. */
export const membershipAdded = (membership: Membership, roles: readonly string[], actor: Actor): SecurityEventDraft => {
  const event = about("MEMBERSHIP_ADDED", membership, actor);
  return { ...event, details: { ...event.details, roles } };
};

/** A change of a membership: its status, its entry block, or the names of its roles. */
export type MembershipChange =
  | { readonly status: "ACTIVE" | "SUSPENDED" }
  | { readonly entryAllowed: true }
  | { readonly from: readonly string[]; readonly to: readonly string[] };

/** The membership's tenant became the home tenant of its user. */
export const homeMoved = (membership: Membership, actor: Actor): SecurityEventDraft => {
  const event = about("MEMBERSHIP_CHANGED", membership, actor);
  return { ...event, details: { ...event.details, isHome: true } };
};

/** The membership was suspended or reactivated, or its roles were changed. */
export const membershipChanged = (
  membership: Membership,
  change: MembershipChange,
  actor: Actor,
): SecurityEventDraft => {
  const event = about("MEMBERSHIP_CHANGED", membership, actor);
  return { ...event, details: { ...event.details, ...change } };
};

/** The membership was removed, or the user left. */
export const membershipRemoved = (membership: Membership, actor: Actor): SecurityEventDraft =>
  about("MEMBERSHIP_REMOVED", membership, actor);

/** A role of the tenant was created, changed or deleted. */
export const roleEvent = (
  type: "ROLE_CREATED" | "ROLE_UPDATED" | "ROLE_DELETED",
  { id, tenantId, name, permissions }: Pick<RoleRow, "id" | "tenantId" | "name" | "permissions">,
  { viewer, client }: Actor,
): SecurityEventDraft => ({
  type,
  tenantId,
  userId: null,
  client,
  details: { by: viewer.userId, roleId: id, name, permissions },
});

/** The same event for a holder of the role, whose membership changed with it. */
export const heldRoleEvent = (
  event: SecurityEventDraft,
  { id: membershipId, userId }: Pick<MembershipRow, "id" | "userId">,
): SecurityEventDraft => ({ ...event, userId, details: { ...event.details, membershipId } });
