import type { Client } from "../../shared/client.ts";
import type { SessionId, TenantId, UserId } from "../../shared/ids.ts";
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
