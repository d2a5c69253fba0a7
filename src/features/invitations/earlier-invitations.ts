import type { EarlierInvitation } from "#features/registration/index";
import { findUserById } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { InvitationId } from "#shared/ids";
import { upsertInvitation } from "./invitations.repository.ts";

/** Stores an invitation made by an earlier version; its link is stored separately. */
export const keepEarlierInvitation = async (
  tx: Db,
  { id, link, user, roles, name, locale, invitedBy }: EarlierInvitation,
): Promise<InvitationId> => {
  const { tenantId, createdAt: invitedAt, expiresAt } = link;
  const { email, emailCanonical } = user;
  const inviter = invitedBy && (await findUserById(tx, invitedBy));
  const about = {
    tenantId,
    email,
    emailCanonical,
    name,
    roles: [...roles],
    roleIds: [],
    locale,
    invitedBy: inviter?.id ?? null,
    registrationId: null,
    invitedAt,
    expiresAt,
  };
  const answers = { acceptedAt: null, revokedAt: null, declinedAt: null, voidedAt: null };
  return (await upsertInvitation(tx, { id, ...about, ...answers })).id;
};
