import type { Client } from "../../shared/client.ts";
import type { UserId } from "../../shared/ids.ts";
import type { Actor } from "../administration/index.ts";
import type { SecurityEventDraft } from "../audit/index.ts";
import type { User } from "../users/index.ts";

type Invited = Pick<User, "id" | "tenantId">;

/** An admin invited the user. */
export const userInvited = ({ id, tenantId }: Invited, { viewer, client }: Actor): SecurityEventDraft => ({
  type: "USER_REGISTERED",
  tenantId,
  userId: id,
  client,
  details: { invitedBy: viewer.userId },
});

/** The user belongs to the tenant that invited him only now: until then he waited in another one, or on another's word. */
export const userJoined = ({ id, tenantId }: Invited, invitedBy: UserId, client: Client): SecurityEventDraft => ({
  type: "USER_REGISTERED",
  tenantId,
  userId: id,
  client,
  details: { invitedBy },
});

/** The user came by the link of the invitation: the address is proved. */
export const invitationAccepted = ({ id, tenantId }: Invited, client: Client): SecurityEventDraft => ({
  type: "EMAIL_VERIFIED",
  tenantId,
  userId: id,
  client,
});
