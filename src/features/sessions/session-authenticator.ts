import type { Access, PermissionCatalogue } from "#features/memberships/index";
import type { AccessTokenClaims, AccessTokens } from "#features/tokens/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { AppError } from "#shared/errors";
import type { SessionId, UserId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import type { ActivityRecorder } from "./activity.ts";
import type { CachedSession, SessionCache } from "./session-cache.ts";
import {
  endReasonAt,
  isUsable,
  judgeClaims,
  type SessionEndReason,
  type SessionStanding,
  standingOf,
} from "./sessions.policy.ts";
import { findIdentifiedSession, listStandings } from "./sessions.repository.ts";

/** Sessions in one query. */
const STANDINGS_BATCH = 1_000;

type StandingRow = Awaited<ReturnType<typeof listStandings>>[number];

export type Introspection =
  | {
      readonly valid: true;
      readonly claims: AccessTokenClaims;
      readonly session: CachedSession;
      /** What the user may do in the token's tenant. */
      readonly access: Access;
    }
  | {
      readonly valid: false;
      readonly reason: "MALFORMED" | "BAD_SIGNATURE" | "EXPIRED" | "REVOKED";
      /** The session that it belonged to, if that is over: no refresh brings another token. */
      readonly endedSession?: SessionId;
      /** Whether the session lives, but its user may not work in the token's tenant any more. */
      readonly notAMember?: boolean;
    };

/** A session that a connection stays open on, and what was known of it then. */
export type WatchedSession = Pick<Viewer, "sessionId" | "userId" | "tenantId" | "roles" | "permissions" | "isOperator">;

/** How it stands with a watched session, and why it ended if it did. */
export interface WatchedStanding {
  readonly standing: SessionStanding;
  readonly endReason: SessionEndReason | null;
}

export interface SessionAuthenticatorDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly cache: Pick<SessionCache, "find" | "put">;
  readonly accessTokens: AccessTokens;
  readonly permissionCatalogue: Pick<PermissionCatalogue, "accessOf">;
  readonly activity: Pick<ActivityRecorder, "note">;
  /** Told what answered each look-up of a live session. */
  readonly onLookup?: (source: "cache" | "database") => void;
}

/** Finds out who is calling: the path of every request that is not public. */
export class SessionAuthenticator {
  constructor(private readonly deps: SessionAuthenticatorDeps) {}

  /**
   * What an access token is worth right now: its signature, its time, and that its session still lives.
   * @param options.anyAudience whether a token for another service is good, too
   */
  async introspect(accessToken: string, options: { readonly anyAudience?: boolean } = {}): Promise<Introspection> {
    const { accessTokens, activity, clock } = this.deps;
    const verification = await accessTokens.verify(accessToken, options);
    if (verification.outcome !== "VALID") return { valid: false, reason: verification.outcome };
    const { claims } = verification;
    const session = await this.#findLive(claims.userId, claims.sessionId);
    if (!session) return { valid: false, reason: "REVOKED", endedSession: claims.sessionId };
    // A token that promises other roles than its user has now is as good as revoked: a refresh brings the right ones.
    const judged = judgeClaims(session, claims, clock.now(), this.deps.permissionCatalogue);
    if (judged.standing !== "LIVE")
      return { valid: false, reason: "REVOKED", ...(judged.standing === "NOT_A_MEMBER" && { notAMember: true }) };
    activity.note(session, { at: clock.now(), generation: claims.generation });
    return { valid: true, claims, session, access: judged.access };
  }

  /** Whether tokens that this key signed are accepted: false once it was withdrawn. */
  acceptsKey(keyId: string): boolean {
    return this.deps.accessTokens.acceptsKey(keyId);
  }

  /** The caller with this access token. Throws UNAUTHENTICATED. */
  async authenticate(accessToken: string): Promise<Viewer> {
    const result = await this.introspect(accessToken);
    if (!result.valid) throw new AppError("UNAUTHENTICATED");
    return viewerOf(result.session, result.claims, result.access);
  }

  /** How these sessions stand now, in their order. Postgres is asked, in a few queries however many they are. */
  async standingsOf(watched: readonly WatchedSession[]): Promise<WatchedStanding[]> {
    const { clock, db } = this.deps;
    const known = new Map<SessionId, StandingRow>();
    const ids = [...new Set(watched.map(({ sessionId }) => sessionId))];
    for (let at = 0; at < ids.length; at += STANDINGS_BATCH)
      for (const row of await listStandings(db, ids.slice(at, at + STANDINGS_BATCH))) known.set(row.id, row);
    const now = clock.now();
    return watched.map((one) => {
      const row = known.get(one.sessionId) ?? null;
      return {
        standing: standingOf(row, one, now, this.deps.permissionCatalogue),
        endReason: row && endReasonAt(row, now),
      };
    });
  }

  /** Why a session is over; null while it lives, and if nothing is known of it. Only for a client that has a token of it. */
  async findEndReason(sessionId: SessionId): Promise<SessionEndReason | null> {
    const [row] = await listStandings(this.deps.db, [sessionId]);
    return row ? endReasonAt(row, this.deps.clock.now()) : null;
  }

  async #findLive(userId: UserId, sessionId: SessionId): Promise<CachedSession | null> {
    const { cache, clock, db } = this.deps;
    const now = clock.now();
    const { session: cached, epoch } = await cache.find(userId, sessionId);
    // One whose expiry has come may have been refreshed since: Postgres knows.
    const hit = cached !== null && cached.expiresAt > now;
    this.deps.onLookup?.(hit ? "cache" : "database");
    if (hit) return cached;
    const session = await findIdentifiedSession(db, sessionId);
    if (!session || session.userId !== userId || !isUsable(session, now)) return null;
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
    } = session;
    const standing = { elevationEpoch, enrolmentOnly, lastActivityAt, usedGeneration, expiresAt };
    const live: CachedSession = { id, userId, tenantId, isOperator, memberships, roles, ...standing };
    await cache.put(live, epoch);
    return live;
  }
}

/** An elevation is the token's, not the session's: another token of the same session has none. */
const viewerOf = (
  { id: sessionId, userId, tenantId: homeTenantId, isOperator, elevationEpoch, enrolmentOnly }: CachedSession,
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
  };
};
