import type { SecurityEventDraft } from "#features/audit/index";
import type { ClientInfo } from "#shared/client-info";
import type { AuthenticationMethod } from "#shared/factors";
import type { SessionId, TenantId, UserId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import type { RefreshOrigin } from "./refresh.policy.ts";
import type { SessionEndReason } from "./sessions.policy.ts";

interface OwnedSession {
  readonly id: SessionId;
  readonly tenantId: TenantId;
  readonly userId: UserId;
}

/** `allDevices` is set if the user logged out on all devices. */
export const sessionEnded = (
  { id, tenantId, userId }: OwnedSession,
  reason: SessionEndReason,
  { client = null, allDevices }: { client?: ClientInfo | null | undefined; allDevices?: boolean } = {},
): SecurityEventDraft => ({
  type: "SESSION_ENDED",
  tenantId,
  userId,
  client,
  details: { sessionId: id, reason, ...(allDevices && { allDevices }) },
});

/** A rotated refresh token of this session was reused. */
export const tokenReused = ({ id, tenantId, userId }: OwnedSession, client: ClientInfo): SecurityEventDraft => ({
  type: "TOKEN_REUSED",
  tenantId,
  userId,
  client,
  details: { sessionId: id },
});

/** A signed-in user failed a step-up with this method. */
export const stepUpFailed = (
  { sessionId, tenantId, userId }: Pick<Viewer, "sessionId" | "tenantId" | "userId">,
  client: ClientInfo,
  method: AuthenticationMethod,
): SecurityEventDraft => ({ type: "STEP_UP_FAILED", tenantId, userId, client, details: { sessionId, method } });

/** The refresh token just rotated was presented again, within the grace time, from another network or device. */
export const refreshFromElsewhere = (
  { id, tenantId, userId }: OwnedSession,
  client: ClientInfo,
  { ipAddress, device }: RefreshOrigin,
): SecurityEventDraft => ({
  type: "REFRESH_FROM_ELSEWHERE",
  tenantId,
  userId,
  client,
  details: { sessionId: id, spentBy: { ipAddress, device } },
});

/** A client claimed that the response to its refresh was lost, and got the successor again. */
export const refreshAnswerLost = (
  { id, tenantId, userId }: OwnedSession,
  client: ClientInfo,
  { ipAddress, device }: RefreshOrigin,
  elsewhere: boolean,
): SecurityEventDraft => ({
  type: "REFRESH_ANSWER_LOST",
  tenantId,
  userId,
  client,
  details: { sessionId: id, elsewhere, spentBy: { ipAddress, device } },
});

/** A genuine refresh token was newer than the database, so the database went back in time. */
export const refreshAhead = (
  { id, tenantId, userId, refreshGeneration }: OwnedSession & { readonly refreshGeneration: number },
  client: ClientInfo,
  generation: number,
): SecurityEventDraft => ({
  type: "REFRESH_AHEAD_OF_DATABASE",
  tenantId,
  userId,
  client,
  details: { sessionId: id, generation, expectedGeneration: refreshGeneration },
});
