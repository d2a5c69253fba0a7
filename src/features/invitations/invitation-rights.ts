import { findHeldMemberships, listRolesByIds, type PermissionCatalogue } from "#features/memberships/index";
import type { Db } from "#platform/database/database";
import type { Authority } from "#shared/access-policy";
import type { RoleId } from "#shared/ids";
import { isAdmin, membershipIn } from "#shared/memberships";
import { type InvitationRow, lockInviter } from "./invitations.repository.ts";

type Given = Pick<InvitationRow, "tenantId" | "roles" | "roleIds" | "registrationId">;

/**
 * Whether the inviter could grant these roles now. An invitation never grants what its inviter could not grant. Locks the
 * inviter's row, which orders this and a concurrent suspension of the inviter.
 */
export const hasInviter = async (
  db: Db,
  catalogue: Pick<PermissionCatalogue, "accessOf">,
  { invitedBy, ...given }: Given & Pick<InvitationRow, "invitedBy">,
): Promise<boolean> => {
  const inviter = invitedBy && (await lockInviter(db, invitedBy));
  if (inviter?.status !== "ACTIVE") return false;
  if (inviter.isOperator) return true;
  const membership = membershipIn(await findHeldMemberships(db, inviter.id), given.tenantId);
  if (membership === null || given.roles.includes("OPERATOR")) return false;
  if (isAdmin(membership)) return true;
  const { permissions } = catalogue.accessOf(membership, inviter);
  if (given.roles.includes("ADMIN")) return false;
  // An invitation as a plain member may also come from a registration that the inviter approved.
  const mayBringMembers = given.registrationId !== null && permissions.includes("registrations:decide");
  if (!permissions.includes("invitations:manage") && !mayBringMembers) return false;
  const roles = await listRolesByIds(db, given.roleIds as RoleId[]);
  return roles.every((role) => role.permissions.every((permission) => permissions.includes(permission)));
};

/** Whether the caller may replace or revoke this invitation. Only an admin may if it grants ADMIN. */
export const canRevoke = ({ isOperator, roles }: Authority, given: Pick<InvitationRow, "roles">): boolean => {
  if (isOperator) return true;
  return !given.roles.includes("OPERATOR") && (!given.roles.includes("ADMIN") || roles.includes("ADMIN"));
};
