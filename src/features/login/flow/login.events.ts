import type { SecurityEventDraft } from "#features/audit/index";
import type { User } from "#features/users/index";
import type { ClientInfo } from "#shared/client-info";
import type { ErrorReason } from "#shared/errors";
import type { AuthenticationMethod, Factor } from "#shared/factors";
import type { SessionId } from "#shared/ids";

type EventUser = Pick<User, "id" | "tenantId">;

const draft = (
  type: SecurityEventDraft["type"],
  { id, tenantId }: EventUser,
  client: ClientInfo,
  details = {},
): SecurityEventDraft => ({
  type,
  tenantId,
  userId: id,
  client,
  details,
});

/** A login succeeded and opened this session. */
export const loginSucceeded = (
  user: EventUser,
  client: ClientInfo,
  details: { sessionId: string; methods: readonly AuthenticationMethod[]; newDevice: boolean },
): SecurityEventDraft => draft("LOGIN_SUCCEEDED", user, client, details);

/** A login came from an unknown device of the user. */
export const newDevice = (user: EventUser, client: ClientInfo, sessionId: SessionId): SecurityEventDraft =>
  draft("NEW_DEVICE", user, client, { sessionId });

/** The user confirmed a login by mail. */
export const loginConfirmed = (user: EventUser, client: ClientInfo): SecurityEventDraft =>
  draft("LOGIN_CONFIRMED", user, client);

/** The user denied a login by mail, which ended sessions. `sessionId` is the session that the login had opened. */
export const loginDenied = (
  user: EventUser,
  client: ClientInfo,
  details: { readonly endedSessions: number; readonly sessionId?: SessionId },
): SecurityEventDraft => draft("LOGIN_DENIED", user, client, details);

/** The password was wrong; or it was right, but the account may not log in for this reason. */
export const loginFailed = (user: EventUser, client: ClientInfo, reason?: ErrorReason): SecurityEventDraft =>
  draft("LOGIN_FAILED", user, client, { ...(reason && { reason }) });

/** A second factor was verified; `method` names it. */
export const secondFactorVerified = (
  user: EventUser,
  client: ClientInfo,
  details: { readonly method: Factor } & Readonly<Record<string, unknown>>,
): SecurityEventDraft => draft("MFA_VERIFY_SUCCESS", user, client, details);

/** A second factor was wrong. */
export const secondFactorWrong = (user: EventUser, client: ClientInfo, method: Factor): SecurityEventDraft =>
  draft("MFA_VERIFY_FAILED", user, client, { method });

/** Too many wrong codes: further ones are rejected until this time. */
export const secondFactorsLocked = (user: EventUser, client: ClientInfo, until: Date): SecurityEventDraft =>
  draft("MFA_LOCKED", user, client, { until: until.toISOString() });

/** Too many wrong passwords: further ones are rejected until this time. */
export const loginLocked = (user: EventUser, client: ClientInfo, until: Date): SecurityEventDraft =>
  draft("LOGIN_LOCKED", user, client, { until: until.toISOString() });
