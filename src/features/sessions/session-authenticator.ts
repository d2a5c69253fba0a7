import type { Access, PermissionCatalogue } from "#features/memberships/index";
import type { AccessTokenClaims, AccessTokens } from "#features/tokens/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { AppError } from "#shared/errors";
import type { SessionId, UserId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import type { ActivityRecorder } from "./session-activity.ts";
import type { CachedSession, SessionCache } from "./session-cache.ts";
import {
  assessClaims,
  endReasonAt,
  isValidSession,
  type SessionEndReason,
  type SessionValidity,
  validityOf,
} from "./sessions.policy.ts";
import { findSessionWithUser, listSessionsForCheck } from "./sessions.repository.ts";

/** Sessions per query. */
const CHECK_BATCH = 1_000;

type SessionCheckRow = Awaited<ReturnType<typeof listSessionsForCheck>>[number];

export type Introspection =
  | {
      readonly valid: true;
      readonly claims: AccessTokenClaims;
      readonly session: CachedSession;
      /** The user's roles and permissions in the token's tenant. */
      readonly access: Access;
    }
  | {
      readonly valid: false;
      readonly reason: "MALFORMED" | "BAD_SIGNATURE" | "EXPIRED" | "REVOKED";
      /** The token's session if it has ended, so that a refresh cannot return another token. */
      readonly endedSession?: SessionId;
      /** Whether the session is live, but the user no longer has access to the token's tenant. */
      readonly notAMember?: boolean;
    };

/** A session with an open connection, and its state when the connection was opened. */
export type WatchedSession = Pick<Viewer, "sessionId" | "userId" | "tenantId" | "roles" | "permissions" | "isOperator">;

/** The validity of a watched session, and why it ended if it did. */
export interface WatchedSessionCheck {
  readonly validity: SessionValidity;
  readonly endReason: SessionEndReason | null;
}

export interface SessionAuthenticatorDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly cache: Pick<SessionCache, "find" | "put">;
  readonly accessTokens: AccessTokens;
  readonly permissionCatalogue: Pick<PermissionCatalogue, "accessOf">;
  readonly activity: Pick<ActivityRecorder, "touch">;
  /** Called with the source of each look-up of a live session. */
  readonly onLookup?: (source: "cache" | "database") => void;
}

/** Authenticates callers, on every request that is not public. */
export class SessionAuthenticator {
  constructor(private readonly deps: SessionAuthenticatorDeps) {}

  /**
   * Verifies an access token: its signature, its lifetime, and that its session is live.
   * @param options.anyAudience whether to accept tokens for other services, too
   */
  async introspect(accessToken: string, options: { readonly anyAudience?: boolean } = {}): Promise<Introspection> {
    const { accessTokens, activity, clock } = this.deps;
    const verification = await accessTokens.verify(accessToken, options);
    if (verification.outcome !== "VALID") return { valid: false, reason: verification.outcome };
    const { claims } = verification;
    const session = await this.#findLive(claims.userId, claims.sessionId);
    if (!session) return { valid: false, reason: "REVOKED", endedSession: claims.sessionId };
    // A token with outdated roles is treated as revoked, because a refresh returns the current ones.
    const checked = assessClaims(session, claims, clock.now(), this.deps.permissionCatalogue);
    if (checked.validity !== "LIVE")
      return { valid: false, reason: "REVOKED", ...(checked.validity === "NOT_A_MEMBER" && { notAMember: true }) };
    activity.touch(session, { at: clock.now(), generation: claims.generation });
    return { valid: true, claims, session, access: checked.access };
  }

  /** Whether tokens signed by this key are accepted; false once the key is revoked. */
  acceptsKey(keyId: string): boolean {
    return this.deps.accessTokens.acceptsKey(keyId);
  }

  /** Returns the caller with this access token. @throws {AppError} UNAUTHENTICATED */
  async authenticate(accessToken: string): Promise<Viewer> {
    const result = await this.introspect(accessToken);
    if (!result.valid) throw new AppError("UNAUTHENTICATED");
    return viewerOf(result.session, result.claims, result.access);
  }

  /** Returns the current validity of these sessions, in their order. Reads from Postgres, in a few queries for any number. */
  async checkSessions(watched: readonly WatchedSession[]): Promise<WatchedSessionCheck[]> {
    const { clock, db } = this.deps;
    const known = new Map<SessionId, SessionCheckRow>();
    const ids = [...new Set(watched.map(({ sessionId }) => sessionId))];
    for (let at = 0; at < ids.length; at += CHECK_BATCH)
      for (const row of await listSessionsForCheck(db, ids.slice(at, at + CHECK_BATCH))) known.set(row.id, row);
    const now = clock.now();
    return watched.map((one) => {
      const row = known.get(one.sessionId) ?? null;
      return {
        validity: validityOf(row, one, now, this.deps.permissionCatalogue),
        endReason: row && endReasonAt(row, now),
      };
    });
  }

  /** Returns why a session has ended; null if it is live or unknown. Only for clients with a token of that session. */
  async findEndReason(sessionId: SessionId): Promise<SessionEndReason | null> {
    const [row] = await listSessionsForCheck(this.deps.db, [sessionId]);
    return row ? endReasonAt(row, this.deps.clock.now()) : null;
  }

  async #findLive(userId: UserId, sessionId: SessionId): Promise<CachedSession | null> {
    const { cache, clock, db } = this.deps;
    const now = clock.now();
    const { session: cached, epoch } = await cache.find(userId, sessionId);
    // An entry past its expiry may have been refreshed since, so Postgres decides.
    const hit = cached !== null && cached.expiresAt > now;
    this.deps.onLookup?.(hit ? "cache" : "database");
    if (hit) return cached;
    const session = await findSessionWithUser(db, sessionId);
    if (!session || session.userId !== userId || !isValidSession(session, now)) return null;
    const {
      id,
      homeTenantId: tenantId,
      isOperator,
      memberships,
      roles,
      elevationEpoch,
      enrolmentOnly,
      lastActivityAt,
      usedGeneration,
      expiresAt,
      email,
      emailVerified,
      username,
      name,
      locale,
      passwordResetRequired,
      userCreatedAt: createdAt,
    } = session;
    const profile = { email, emailVerified, username, name, locale, passwordResetRequired, createdAt };
    const validity = { elevationEpoch, enrolmentOnly, lastActivityAt, usedGeneration, expiresAt };
    const live: CachedSession = { id, userId, tenantId, isOperator, memberships, roles, ...validity, profile };
    await cache.put(live, epoch);
    return live;
  }
}

/** An elevation belongs to the token, not to the session: other tokens of the same session are not elevated. */
const viewerOf = (
  { id: sessionId, userId, tenantId: homeTenantId, isOperator, elevationEpoch, enrolmentOnly, profile }: CachedSession,
  { elevation, tenantId }: Pick<AccessTokenClaims, "elevation" | "tenantId">,
  { roles, permissions }: Access,
): Viewer => {
  const elevatedUntil = elevation !== null && elevation.epoch === elevationEpoch ? elevation.until : null;
  return {
    userId,
    tenantId,
    homeTenantId,
    sessionId,
    roles,
    permissions,
    isOperator,
    elevatedUntil,
    elevationEpoch,
    enrolmentOnly,
    profile,
  };
};
