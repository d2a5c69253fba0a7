import { after, SECOND } from "./durations.ts";
import type { SessionId, TenantId, UserId } from "./ids.ts";

/** The caller's user as shown to them, but for the last login, which every login changes. */
export interface Profile {
  readonly email: string;
  readonly emailVerified: boolean;
  readonly username: string | null;
  readonly name: string | null;
  readonly locale: string;
  readonly passwordResetRequired: boolean;
  readonly createdAt: Date;
}

/** The signed-in caller: an active user on a live session. */
export interface Viewer {
  readonly userId: UserId;
  /** The tenant of the access token: the caller's actions apply there. */
  readonly tenantId: TenantId;
  /** The tenant that manages the user's account. */
  readonly homeTenantId: TenantId;
  readonly sessionId: SessionId;
  /** The names of the roles in the tenant of the access token. */
  readonly roles: readonly string[];
  /** The permissions of these roles: `resource:action`. */
  readonly permissions: readonly string[];
  /** Whether the caller administers the installation. */
  readonly isOperator: boolean;
  /** Until when the access token of this call is elevated (step-up). Null: it is not elevated, or its elevation was revoked. */
  readonly elevatedUntil: Date | null;
  /**
   * How many times the elevations of this session were revoked. Tokens that were elevated before the last revocation are not
   * accepted.
   */
  readonly elevationEpoch: number;
  /** Whether the session may only enrol a second factor. */
  readonly enrolmentOnly: boolean;
  /** Absent: it has to be read from Postgres. */
  readonly profile?: Profile | undefined;
}

/** How long the access token that `reauthenticate` returns is elevated, in seconds. */
export const ELEVATION_SECONDS = 600;

/** Until when a token is elevated if the caller verifies a credential at this instant. Tokens use whole seconds. */
export const elevatedFrom = (now: Date): Date => {
  const until = after(now, ELEVATION_SECONDS * SECOND);
  return new Date(Math.floor(until.getTime() / SECOND) * SECOND);
};

/**
 * Whether the caller may use fields that require a step-up. Checked against both bounds: the clocks of replicas differ, but
 * setting a clock back must not make an old elevation valid again.
 */
export const isElevated = ({ elevatedUntil }: Pick<Viewer, "elevatedUntil">, now: Date): boolean =>
  elevatedUntil !== null && elevatedUntil > now && elevatedUntil <= after(now, 2 * ELEVATION_SECONDS * SECOND);
