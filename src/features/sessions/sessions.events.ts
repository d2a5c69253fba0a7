import type { Client } from "../../shared/client.ts";
import type { AuthenticationMethod } from "../../shared/factors.ts";
import type { SessionId, TenantId, UserId } from "../../shared/ids.ts";
import type { Viewer } from "../../shared/viewer.ts";
import type { SecurityEventDraft } from "../audit/index.ts";
import type { SessionEndReason } from "./sessions.policy.ts";

interface Owned {
  readonly id: SessionId;
  readonly tenantId: TenantId;
  readonly userId: UserId;
}

/** `allDevices` is set where the user signed out everywhere. */
export const sessionEnded = (
  { id, tenantId, userId }: Owned,
  reason: SessionEndReason,
  { client = null, allDevices }: { client?: Client | null | undefined; allDevices?: boolean } = {},
): SecurityEventDraft => ({
  type: "SESSION_ENDED",
  tenantId,
  userId,
  client,
  details: { sessionId: id, reason, ...(allDevices && { allDevices }) },
});

/** A spent refresh token of this session came back. */
export const tokenReused = ({ id, tenantId, userId }: Owned, client: Client): SecurityEventDraft => ({
  type: "TOKEN_REUSED",
  tenantId,
  userId,
  client,
  details: { sessionId: id },
});

/** A signed-in user failed to prove who they are, by this method. */
export const stepUpFailed = (
  { sessionId, tenantId, userId }: Pick<Viewer, "sessionId" | "tenantId" | "userId">,
  client: Client,
  method: AuthenticationMethod,
): SecurityEventDraft => ({ type: "STEP_UP_FAILED", tenantId, userId, client, details: { sessionId, method } });
