import type { SecurityEventDraft } from "#features/audit/index";
import type { User } from "#features/users/index";
import type { ClientInfo } from "#shared/client-info";

type EventUser = Pick<User, "id" | "tenantId">;

const draft = (
  type: SecurityEventDraft["type"],
  { id, tenantId }: EventUser,
  client: ClientInfo,
  details: SecurityEventDraft["details"] = {},
): SecurityEventDraft => ({ type, tenantId, userId: id, client, details });

/** An account at this provider was linked to the user. */
export const socialLinked = (user: EventUser, provider: string, client: ClientInfo): SecurityEventDraft =>
  draft("SOCIAL_LINKED", user, client, { provider });

/** A login by an account at this provider with the user's address gave a wrong code for the address. */
export const addressCodeWrong = (user: EventUser, provider: string, client: ClientInfo): SecurityEventDraft =>
  draft("MFA_VERIFY_FAILED", user, client, { method: "EMAIL_CODE", provider });

/** An account was unlinked; `denied` if the user reported that it was used or linked by another person. */
export const socialUnlinked = (
  user: EventUser,
  provider: string,
  client: ClientInfo,
  { denied = false } = {},
): SecurityEventDraft => draft("SOCIAL_UNLINKED", user, client, { provider, ...(denied && { denied }) });
