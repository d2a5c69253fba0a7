import type { Db } from "../../platform/database/database.ts";
import type { Client } from "../../shared/client.ts";
import type { SecurityLog } from "../audit/index.ts";
import type { LinkRow } from "../links/index.ts";
import { isUnproved, type NewUser, type User, updateUser } from "../users/index.ts";
import { invitationAccepted, userJoined } from "./invitations.events.ts";

/** The user as the link has it, or null where it makes nothing of this one: the address is proved by now. */
export const asInvited = (user: User, { tenantId, payload: { invitation } }: LinkRow): User | null => {
  if (!isUnproved(user)) return null;
  // Links that were issued by an earlier version say nothing: there the user's row does.
  if (!invitation) return user.status === "INVITED" && user.tenantId === tenantId ? user : null;
  const { name, roles, locale } = invitation;
  return { ...user, tenantId, name, roles: [...roles], locale };
};

/**
 * Makes whoever has just proved the address an active user, as this invitation has it, in the transaction of that proof and
 * behind the lock on the user's row. Null where it makes nothing of this user.
 */
export const enterAsInvited = async (
  tx: Db,
  events: Pick<SecurityLog, "record">,
  holder: User,
  link: LinkRow,
  client: Client,
  changes: Partial<NewUser> = {},
): Promise<User | null> => {
  const invited = asInvited(holder, link);
  if (invited === null) return null;
  const { tenantId, name, roles, locale } = invited;
  const standing = { status: "ACTIVE", emailVerified: true, passwordResetRequired: false } as const;
  const user = await updateUser(tx, holder.id, { tenantId, name, roles, locale, ...standing, ...changes });
  if (user === null) return null;
  const joins = holder.status !== "INVITED" || holder.tenantId !== tenantId;
  const invitedBy = link.payload.invitation?.invitedBy;
  if (joins && invitedBy) await events.record(tx, userJoined(user, invitedBy, client));
  await events.record(tx, invitationAccepted(user, client));
  return user;
};
