import { randomBytes } from "node:crypto";
import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/database/database.ts";
import type { Ids } from "../../platform/ids.ts";
import type { MailQueue } from "../../platform/mail/index.ts";
import type { Client } from "../../shared/client.ts";
import { after, DAY, SECOND } from "../../shared/durations.ts";
import { AppError, assertNever } from "../../shared/errors.ts";
import { parseId, type SessionId, type TenantId, type UserId } from "../../shared/ids.ts";
import { toLocale } from "../../shared/locales.ts";
import { hasRole } from "../../shared/roles.ts";
import type { Viewer } from "../../shared/viewer.ts";
import { maySee, tenantScope } from "../../shared/visibility.ts";
import type { SecurityLog } from "../audit/index.ts";
import type { RecognisedDevice } from "../devices/index.ts";
import type { AccessTokenClaims, AccessTokens } from "../tokens/index.ts";
import type { User } from "../users/index.ts";
import type { ActivityRecorder } from "./activity.ts";
import { parseRefreshToken, type RefreshToken, type RefreshTokens } from "./refresh-tokens.ts";
import type { CachedSession, SessionCache } from "./session-cache.ts";
import { sessionEnded, tokenReused } from "./sessions.events.ts";
import {
  type AuthenticationMethod,
  amrOf,
  ENDED_SESSIONS_VISIBLE_DAYS,
  isLive,
  judgePresented,
  type SessionEndReason,
  slidingExpiry,
} from "./sessions.policy.ts";
import {
  deleteSessionsEndedBefore,
  findIdentifiedSession,
  findSession,
  type IdentifiedSession,
  insertSession,
  listLiveSessions,
  listSessionsOfUsers,
  type Session,
  updateAllEnded,
  updateAuthenticatedAt,
  updateEnded,
  updateExpired,
  updateRotated,
} from "./sessions.repository.ts";

export type { Session };

export interface SessionLifetimes {
  readonly refreshTokenDays: number;
  readonly maxDays: number;
  /** 0: a spent refresh token is never told its successor. */
  readonly graceSeconds: number;
}

export interface SessionsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly cache: SessionCache;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly activity: ActivityRecorder;
  readonly log: SecurityLog;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly lifetimes: SessionLifetimes;
  /** Told what answered each look-up of a live session. */
  readonly onLookup?: (source: "cache" | "database") => void;
}

/** A fresh pair of tokens. */
export interface TokenPair {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly refreshExpiresAt: Date;
}

export type Introspection =
  | { readonly valid: true; readonly claims: AccessTokenClaims; readonly session: CachedSession }
  | { readonly valid: false; readonly reason: "MALFORMED" | "BAD_SIGNATURE" | "EXPIRED" | "REVOKED" };

type Rotation =
  | { readonly outcome: "ROTATED"; readonly session: IdentifiedSession }
  | { readonly outcome: "REPLAYED"; readonly session: IdentifiedSession }
  | { readonly outcome: "REFUSED" };

const SWEEP_BATCH = 1_000;

export class SessionsService {
  readonly #deps: SessionsDeps;

  constructor(deps: SessionsDeps) {
    this.#deps = deps;
  }

  /** Opens a session, in the transaction of the login. */
  async open(
    tx: Db,
    user: Pick<User, "id" | "tenantId">,
    { client, device, methods }: { client: Client; device: RecognisedDevice; methods: readonly AuthenticationMethod[] },
  ): Promise<Session> {
    const { clock, ids, lifetimes } = this.#deps;
    const now = clock.now();
    const endsAt = after(now, lifetimes.maxDays * DAY);
    const session: Session = {
      id: ids.next(),
      tenantId: user.tenantId,
      userId: user.id,
      deviceId: device.id,
      device: client.device,
      ipAddress: client.ipAddress,
      location: client.location,
      authenticatedWith: [...methods],
      authenticatedAt: now,
      createdAt: now,
      lastActivityAt: now,
      refreshGeneration: 1,
      refreshNonce: randomBytes(16),
      refreshedAt: now,
      expiresAt: slidingExpiry(now, lifetimes.refreshTokenDays * DAY, endsAt),
      endsAt,
      endedAt: null,
      endReason: null,
    };
    await insertSession(tx, session);
    return session;
  }

  /** The session's current tokens: a new access token, and the refresh token of its generation. */
  async tokensOf(
    session: Pick<
      Session,
      | "id"
      | "userId"
      | "tenantId"
      | "authenticatedWith"
      | "authenticatedAt"
      | "refreshGeneration"
      | "refreshNonce"
      | "expiresAt"
    >,
    user: Pick<User, "email" | "username" | "roles">,
  ): Promise<TokenPair> {
    const { accessTokens, refreshTokens } = this.#deps;
    const accessToken = await accessTokens.issue({
      userId: session.userId,
      sessionId: session.id,
      tenantId: session.tenantId,
      email: user.email,
      username: user.username,
      roles: user.roles,
      amr: amrOf(session.authenticatedWith),
      authenticatedAt: session.authenticatedAt,
    });
    return {
      accessToken,
      expiresIn: accessTokens.lifetime,
      refreshToken: refreshTokens.tell(session, session.refreshGeneration),
      refreshExpiresAt: session.expiresAt,
    };
  }

  /**
   * Exchanges a refresh token for a new pair. One read by primary key and one update; the token just spent is told the same
   * successor again within the grace time, an older one ends its session. Throws INVALID_REFRESH_TOKEN.
   */
  async refresh(presented: string, client: Client): Promise<TokenPair> {
    const token = parseRefreshToken(presented);
    if (token === null) throw new AppError("INVALID_REFRESH_TOKEN");
    const rotation = await this.#rotate(token);
    switch (rotation.outcome) {
      case "ROTATED":
        return this.tokensOf(rotation.session, rotation.session);
      case "REPLAYED":
        await this.#endCompromised(rotation.session, client);
        throw new AppError("INVALID_REFRESH_TOKEN", { reason: "TOKEN_REUSED" });
      case "REFUSED":
        throw new AppError("INVALID_REFRESH_TOKEN");
      default:
        return assertNever(rotation);
    }
  }

  async #rotate(token: RefreshToken): Promise<Rotation> {
    const { db, clock, refreshTokens, lifetimes } = this.#deps;
    const session = await findIdentifiedSession(db, token.sessionId);
    const now = clock.now();
    if (!session || !refreshTokens.isGenuine(token, session) || !isUsable(session, now)) return { outcome: "REFUSED" };

    switch (judgePresented(token.generation, session, now, lifetimes.graceSeconds * SECOND)) {
      case "REPLAYED":
        return { outcome: "REPLAYED", session };
      case "JUST_SPENT":
        return { outcome: "ROTATED", session };
      case "CURRENT": {
        const expiresAt = slidingExpiry(now, lifetimes.refreshTokenDays * DAY, session.endsAt);
        const rotated = await updateRotated(db, { id: session.id, generation: token.generation, now, expiresAt });
        if (rotated)
          return { outcome: "ROTATED", session: { ...session, refreshGeneration: rotated.generation, expiresAt } };
        // Somebody rotated, or ended, the session between our read and our write: judge again by what is there now.
        return this.#rotate(token);
      }
    }
  }

  async #endCompromised(session: IdentifiedSession, client: Client): Promise<void> {
    const { clock, log, mails } = this.#deps;
    const at = clock.now();
    await this.changing(session.userId, async (tx) => {
      const ended = await updateEnded(tx, session.id, at, "TOKEN_REUSED");
      if (ended === null) return;
      await log.record(tx, tokenReused(session, client), sessionEnded(session, "TOKEN_REUSED", { client }));
      await mails.enqueue(tx, {
        template: "session-compromised",
        to: session.email,
        locale: toLocale(session.locale),
        data: { name: session.name, at, device: session.device.label },
      });
    });
  }

  /** What an access token is worth right now: its signature, its time, and that its session still lives. */
  async introspect(accessToken: string): Promise<Introspection> {
    const { accessTokens, activity, clock } = this.#deps;
    const verification = await accessTokens.verify(accessToken);
    if (verification.outcome !== "VALID") return { valid: false, reason: verification.outcome };
    const { claims } = verification;
    const session = await this.#findLive(claims.userId, claims.sessionId);
    // A token that promises other roles than its user has now is as good as revoked: a refresh brings the right ones.
    if (!session || session.tenantId !== claims.tenantId || session.roles.join() !== claims.roles.join())
      return { valid: false, reason: "REVOKED" };
    activity.note(session, clock.now());
    return { valid: true, claims, session };
  }

  /** The caller with this access token. Throws UNAUTHENTICATED. */
  async authenticate(accessToken: string): Promise<Viewer> {
    const result = await this.introspect(accessToken);
    if (!result.valid) throw new AppError("UNAUTHENTICATED");
    const { id, userId, tenantId, roles, authenticatedAt } = result.session;
    return { userId, tenantId, sessionId: id, roles, authenticatedAt };
  }

  async #findLive(userId: UserId, sessionId: SessionId): Promise<CachedSession | null> {
    const { cache, clock, db } = this.#deps;
    const now = clock.now();
    const { session: cached, epoch } = await cache.find(userId, sessionId);
    // One whose expiry has come may have been refreshed since: Postgres knows.
    const hit = cached !== null && cached.expiresAt > now;
    this.#deps.onLookup?.(hit ? "cache" : "database");
    if (hit) return cached;
    const session = await findIdentifiedSession(db, sessionId);
    if (!session || session.userId !== userId || !isUsable(session, now)) return null;
    const { id, tenantId, roles, authenticatedAt, lastActivityAt, expiresAt } = session;
    const live: CachedSession = { id, userId, tenantId, roles, authenticatedAt, lastActivityAt, expiresAt };
    await cache.put(live, epoch);
    return live;
  }

  /** The viewer's sessions, most recently active first; with the ended ones of the last 30 days where wanted. */
  async list(viewer: Viewer, includeEnded: boolean): Promise<Session[]> {
    const now = this.#deps.clock.now();
    if (!includeEnded) return listLiveSessions(this.#deps.db, viewer.userId, now);
    return (await this.#listOf([viewer.userId], true)).map((session) => asSeen(session, now));
  }

  /** For DataLoader: the live sessions of users. */
  readonly liveByUsers = (userIds: readonly UserId[]): Promise<Session[][]> => this.#groupedByUsers(userIds, false);

  /** For DataLoader: the sessions of users, with the ended ones of the last 30 days. */
  readonly allByUsers = (userIds: readonly UserId[]): Promise<Session[][]> => this.#groupedByUsers(userIds, true);

  async #groupedByUsers(userIds: readonly UserId[], includeEnded: boolean): Promise<Session[][]> {
    const now = this.#deps.clock.now();
    const rows = (await this.#listOf(userIds, includeEnded)).map((session) => asSeen(session, now));
    return userIds.map((userId) => rows.filter((session) => session.userId === userId));
  }

  #listOf(userIds: readonly UserId[], includeEnded: boolean): Promise<Session[]> {
    const now = this.#deps.clock.now();
    const endedSince = includeEnded ? after(now, -ENDED_SESSIONS_VISIBLE_DAYS * DAY) : null;
    return listSessionsOfUsers(this.#deps.db, userIds, { now, endedSince });
  }

  /** One session: the viewer's own, or one of the tenant for its admin. Throws NOT_FOUND. */
  async get(viewer: Viewer, id: string): Promise<Session> {
    return (await this.find(viewer, id)) ?? notFound();
  }

  /** As `get`, but null where there is nothing that the viewer may see. */
  async find(viewer: Viewer, id: string): Promise<Session | null> {
    const sessionId = parseId<SessionId>(id);
    const session = sessionId && (await findSession(this.#deps.db, sessionId, tenantScope(viewer)));
    return session && maySee(viewer, session) ? asSeen(session, this.#deps.clock.now()) : null;
  }

  /**
   * Ends one session; its tokens stop working at once. Throws NOT_FOUND where there is no such live session in the viewer's
   * tenant, FORBIDDEN/NOT_SESSION_OWNER where it is somebody else's and the viewer no administrator.
   */
  async end(viewer: Viewer, id: string, client: Client): Promise<Session> {
    const { clock, db, log } = this.#deps;
    const sessionId = parseId<SessionId>(id);
    const session = sessionId && (await findSession(db, sessionId, tenantScope(viewer)));
    const now = clock.now();
    if (!session || !isLive(session, now)) return notFound();
    const own = session.userId === viewer.userId;
    if (!own) await this.#requireAuthorityOver(viewer, session);
    const reason = own ? "REVOKED" : "ADMIN_REVOKED";
    const ended = await this.changing(session.userId, async (tx) => {
      const row = await updateEnded(tx, session.id, now, reason);
      if (row) await log.record(tx, sessionEnded(row, reason, { client }));
      return row;
    });
    return ended ?? notFound();
  }

  /** An admin ends sessions of the tenant's people, but not an operator's. */
  async #requireAuthorityOver(viewer: Viewer, session: Session): Promise<void> {
    if (!hasRole(viewer.roles, "ADMIN")) throw new AppError("FORBIDDEN", { reason: "NOT_SESSION_OWNER" });
    const owner = await findIdentifiedSession(this.#deps.db, session.id);
    if (owner && hasRole(owner.roles, "OPERATOR") && !hasRole(viewer.roles, "OPERATOR"))
      throw new AppError("FORBIDDEN", { reason: "INSUFFICIENT_ROLE" });
  }

  /** Signs the viewer out here. Answers how many sessions ended. */
  signOut(viewer: Viewer, client: Client): Promise<number> {
    const { clock, log } = this.#deps;
    return this.changing(viewer.userId, async (tx) => {
      const ended = await updateEnded(tx, viewer.sessionId, clock.now(), "LOGGED_OUT");
      if (ended) await log.record(tx, sessionEnded(ended, "LOGGED_OUT", { client }));
      return ended ? 1 : 0;
    });
  }

  /** Signs the viewer out on every device. Answers how many sessions ended. */
  signOutEverywhere(viewer: Viewer, client: Client): Promise<number> {
    const user = { id: viewer.userId, tenantId: viewer.tenantId };
    return this.changing(viewer.userId, (tx) => this.endAll(tx, user, "LOGGED_OUT", { client, allDevices: true }));
  }

  /**
   * Runs a transaction that ends or changes sessions, roles or the status of a user. Before it begins, every replica is made
   * to ask Postgres about this user, so that what it commits is true at once everywhere; and after it again, for a flush of
   * the cache meanwhile has let others believe what they read before the commit.
   */
  async changing<Result>(userId: UserId, work: (tx: Db) => Promise<Result>): Promise<Result> {
    const { cache, db } = this.#deps;
    await cache.forget(userId);
    try {
      return await db.transaction((tx) => work(tx));
    } finally {
      // What is committed stays so, whether or not this can be said once more.
      await cache.forget(userId).catch(() => {});
    }
  }

  /** Ends the user's live sessions, inside a transaction of `changing`. Answers how many. */
  async endAll(
    tx: Db,
    user: { readonly id: UserId; readonly tenantId: TenantId },
    reason: SessionEndReason,
    { except, client, allDevices }: { except?: SessionId; client?: Client; allDevices?: boolean } = {},
  ): Promise<number> {
    const { clock, log } = this.#deps;
    const ended = await updateAllEnded(tx, user.id, { endedAt: clock.now(), endReason: reason, except });
    const events = ended.map(({ id }) =>
      sessionEnded({ id, tenantId: user.tenantId, userId: user.id }, reason, {
        client,
        ...(allDevices && { allDevices }),
      }),
    );
    await log.record(tx, ...events);
    return ended.length;
  }

  /** Notes that the viewer has just proved a credential again (step-up). */
  async noteReauthentication(viewer: Viewer): Promise<Session> {
    const now = this.#deps.clock.now();
    const session = await this.changing(viewer.userId, (tx) => updateAuthenticatedAt(tx, viewer.sessionId, now));
    if (session === null) throw new AppError("UNAUTHENTICATED");
    return session;
  }

  /** Writes down what has been noted of the sessions' use, without waiting for the next time. */
  flushActivity(): Promise<void> {
    return this.#deps.activity.flush();
  }

  /** Marks expired sessions, and forgets those that ended longer ago than they are shown. */
  async sweep(): Promise<void> {
    const { clock, db, lifetimes } = this.#deps;
    const now = clock.now();
    const createdBefore = after(now, -Math.min(lifetimes.refreshTokenDays, lifetimes.maxDays) * DAY);
    while ((await updateExpired(db, { now, createdBefore, limit: SWEEP_BATCH })) === SWEEP_BATCH);
    const forgetBefore = after(now, -ENDED_SESSIONS_VISIBLE_DAYS * DAY);
    while ((await deleteSessionsEndedBefore(db, forgetBefore, SWEEP_BATCH)) === SWEEP_BATCH);
  }
}

const isUsable = (session: IdentifiedSession, now: Date): boolean =>
  isLive(session, now) && session.userStatus === "ACTIVE" && session.tenantStatus === "ACTIVE";

/** Between its expiry and the next sweep a session already shows as expired. */
export const asSeen = (session: Session, now: Date): Session =>
  session.endedAt === null && session.expiresAt <= now
    ? { ...session, endedAt: session.expiresAt, endReason: "EXPIRED" }
    : session;

const notFound = (): never => {
  throw new AppError("NOT_FOUND");
};
