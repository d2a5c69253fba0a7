import { SECOND } from "./durations.ts";
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

/** How old the proof of a credential may be for what needs a fresh one, in seconds. */
export const REAUTH_MAX_AGE = 600;

/**
 * Whether the caller proved a credential on this session within the last `maxAge` seconds. To both sides: replicas' clocks
 * differ, but one that was set back makes nothing fresh again.
 */
export const provedWithin = (viewer: Pick<Viewer, "authenticatedAt">, maxAge: number, now: Date): boolean =>
  Math.abs(now.getTime() - viewer.authenticatedAt.getTime()) <= maxAge * SECOND;
