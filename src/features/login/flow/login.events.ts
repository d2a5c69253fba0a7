import type { SecurityEventDraft } from "#features/audit/index";
import type { User } from "#features/users/index";
import type { Client } from "#shared/client";
import type { ErrorReason } from "#shared/errors";
import type { AuthenticationMethod, Factor } from "#shared/factors";
import type { SessionId } from "#shared/ids";

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

/** A login came from a device that the user was not known to have. */
export const newDevice = (user: Somebody, client: Client, sessionId: SessionId): SecurityEventDraft =>
  draft("NEW_DEVICE", user, client, { sessionId });

/** The user said by mail that a login was his. */
export const loginConfirmed = (user: Somebody, client: Client): SecurityEventDraft =>
  draft("LOGIN_CONFIRMED", user, client);

/** The user said by mail that a login was not theirs: so many sessions ended. `sessionId` is the one that the login had opened. */
export const loginDenied = (
  user: Somebody,
  client: Client,
  details: { readonly endedSessions: number; readonly sessionId?: SessionId },
): SecurityEventDraft => draft("LOGIN_DENIED", user, client, details);

/** The password was wrong; or it was right, and this kept the account out. */
export const loginFailed = (user: Somebody, client: Client, reason?: ErrorReason): SecurityEventDraft =>
  draft("LOGIN_FAILED", user, client, { ...(reason && { reason }) });

/** A second factor was right; `method` names it. */
export const secondFactorProved = (
  user: Somebody,
  client: Client,
  details: { readonly method: Factor } & Readonly<Record<string, unknown>>,
): SecurityEventDraft => draft("MFA_VERIFY_SUCCESS", user, client, details);

/** A second factor was wrong. */
export const secondFactorWrong = (user: Somebody, client: Client, method: Factor): SecurityEventDraft =>
  draft("MFA_VERIFY_FAILED", user, client, { method });

/** So many codes were wrong that further ones are refused until then. */
export const secondFactorsLocked = (user: Somebody, client: Client, until: Date): SecurityEventDraft =>
  draft("MFA_LOCKED", user, client, { until: until.toISOString() });

/** So many passwords were wrong that further ones are refused until then. */
export const loginLocked = (user: Somebody, client: Client, until: Date): SecurityEventDraft =>
  draft("LOGIN_LOCKED", user, client, { until: until.toISOString() });
