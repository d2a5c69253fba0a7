import type { SecurityEventDraft } from "#features/audit/index";
import type { Actor } from "#shared/actor";
import type { InvitationRow } from "./invitations.repository.ts";

type Invited = Pick<InvitationRow, "id" | "tenantId" | "roles">;

const tenantEvent = (
  type: "USER_INVITED" | "INVITATION_REVOKED",
  { id, tenantId, roles }: Invited,
  { viewer, client }: Actor,
): SecurityEventDraft => ({
  type,
  tenantId,
  // The user does not exist yet, and the tenant must not learn whether the address has one elsewhere.
  userId: null,
  client,
  details: { by: viewer.userId, invitationId: id, roles },
});

/** An admin invited an address. */
export const userInvited = (invitation: Invited, actor: Actor): SecurityEventDraft =>
  tenantEvent("USER_INVITED", invitation, actor);

/** An admin revoked an invitation. */
export const invitationRevoked = (invitation: Invited, actor: Actor): SecurityEventDraft =>
  tenantEvent("INVITATION_REVOKED", invitation, actor);

/**
 * The invited user declined. The tenant learns that, but nothing about the user: neither their identity elsewhere, nor the origin
 * of the request.
 */
export const invitationDeclined = ({ id, tenantId, roles }: Invited): SecurityEventDraft => ({
  type: "INVITATION_DECLINED",
  tenantId,
  userId: null,
  client: null,
  details: { invitationId: id, roles },
});
