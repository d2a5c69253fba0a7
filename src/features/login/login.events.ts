import type { Client } from "../../shared/client.ts";
import type { ErrorReason } from "../../shared/errors.ts";
import type { SecurityEventDraft } from "../audit/index.ts";
import type { AuthenticationMethod } from "../sessions/index.ts";
import type { User } from "../users/index.ts";

type Somebody = Pick<User, "id" | "tenantId">;

const draft = (
  type: SecurityEventDraft["type"],
  { id, tenantId }: Somebody,
  client: Client,
  details = {},
): SecurityEventDraft => ({
  type,
  tenantId,
  userId: id,
  client,
  details,
});

/** A login succeeded, and this session began. */
export const loginSucceeded = (
  user: Somebody,
  client: Client,
  details: { sessionId: string; methods: readonly AuthenticationMethod[]; newDevice: boolean },
): SecurityEventDraft => draft("LOGIN_SUCCEEDED", user, client, details);

/** The password was wrong; or it was right, and this kept the account out. */
export const loginFailed = (user: Somebody, client: Client, reason?: ErrorReason): SecurityEventDraft =>
  draft("LOGIN_FAILED", user, client, { ...(reason && { reason }) });

/** So many passwords were wrong that further ones are refused until then. */
export const loginLocked = (user: Somebody, client: Client, until: Date): SecurityEventDraft =>
  draft("LOGIN_LOCKED", user, client, { until: until.toISOString() });
