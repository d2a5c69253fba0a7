import type { SecurityEventDraft } from "#features/audit/index";
import type { User } from "#features/users/index";
import type { Client } from "#shared/client";

type Somebody = Pick<User, "id" | "tenantId">;

const draft = (
  type: SecurityEventDraft["type"],
  { id, tenantId }: Somebody,
  client: Client,
  details: SecurityEventDraft["details"] = {},
): SecurityEventDraft => ({ type, tenantId, userId: id, client, details });

/** The user can log in by an account at this provider from now on. */
export const socialLinked = (user: Somebody, provider: string, client: Client): SecurityEventDraft =>
  draft("SOCIAL_LINKED", user, client, { provider });

/** Somebody with an account at this provider that has the user's address gave a wrong code for the address. */
export const addressCodeWrong = (user: Somebody, provider: string, client: Client): SecurityEventDraft =>
  draft("MFA_VERIFY_FAILED", user, client, { method: "EMAIL_CODE", provider });

/** The user cannot any more; `denied` where the user has said that it was somebody else: who logged in by it, or who linked it. */
export const socialUnlinked = (
  user: Somebody,
  provider: string,
  client: Client,
  { denied = false } = {},
): SecurityEventDraft => draft("SOCIAL_UNLINKED", user, client, { provider, ...(denied && { denied }) });
