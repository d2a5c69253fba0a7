import type { SessionId, TenantId, UserId } from "./ids.ts";
import type { Role } from "./roles.ts";

/** The signed-in caller: an active user on a live session. */
export interface Viewer {
  readonly userId: UserId;
  readonly tenantId: TenantId;
  readonly sessionId: SessionId;
  readonly roles: readonly Role[];
  /** When a credential was last proved on this session (step-up). */
  readonly authenticatedAt: Date;
}
