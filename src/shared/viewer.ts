import { after, SECOND } from "./durations.ts";
import type { SessionId, TenantId, UserId } from "./ids.ts";

/** The signed-in caller: an active user on a live session. */
export interface Viewer {
  readonly userId: UserId;
  /** The tenant of the access token: what the caller does holds there. */
  readonly tenantId: TenantId;
  /** The tenant that manages the user's account. */
  readonly homeTenantId: TenantId;
  readonly sessionId: SessionId;
  /** The names of the roles in the tenant of the access token. */
  readonly roles: readonly string[];
  /** What these roles allow: `resource:action`. */
  readonly permissions: readonly string[];
  /** Whether the caller administers the installation. */
  readonly isOperator: boolean;
  /** Until when the access token of this call is elevated (step-up). Null: it never was, or its elevation was withdrawn. */
  readonly elevatedUntil: Date | null;
  /** How often the elevations of this session were withdrawn: what was begun before the last time opens nothing. */
  readonly elevationEpoch: number;
  /** Whether the session opens nothing but the enrolment of a second factor. */
  readonly enrolmentOnly: boolean;
}

/** How long the access token that `reauthenticate` returns is elevated, in seconds. */
export const ELEVATION_SECONDS = 600;

/** Until when a token is elevated whose caller proves a credential at this instant. Tokens count in whole seconds. */
export const elevatedFrom = (now: Date): Date => {
  const until = after(now, ELEVATION_SECONDS * SECOND);
  return new Date(Math.floor(until.getTime() / SECOND) * SECOND);
};

/**
 * Whether the caller may do what needs a step-up. To both sides: replicas' clocks differ, but a clock that was set back does
 * not make an old elevation valid again.
 */
export const isElevated = ({ elevatedUntil }: Pick<Viewer, "elevatedUntil">, now: Date): boolean =>
  elevatedUntil !== null && elevatedUntil > now && elevatedUntil <= after(now, 2 * ELEVATION_SECONDS * SECOND);
