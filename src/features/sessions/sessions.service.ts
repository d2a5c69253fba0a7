import { randomBytes } from "node:crypto";
import type { AuditLog } from "#features/audit/index";
import type { ResolvedDevice } from "#features/devices/index";
import { requireSoleHome } from "#features/memberships/index";
import { findUserById, findUserForUpdate, type User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { canManage, canView, hasPermission, lookupScope } from "#shared/access-policy";
import { type ClientInfo, labelOf } from "#shared/client-info";
import { after, DAY, MINUTE } from "#shared/durations";
import { AppError } from "#shared/errors";
import type { AuthenticationMethod } from "#shared/factors";
import { type PasskeyId, parseId, type SessionId, type SocialAccountId, type TenantId, type UserId } from "#shared/ids";
import type { HeldMembership } from "#shared/memberships";
import type { Viewer } from "#shared/viewer";
import type { TokenBearer } from "./presented-tokens.service.ts";
import type { SessionCache } from "./session-cache.ts";
import { sessionEnded } from "./sessions.events.ts";
import { isLive, type SessionEndReason, slidingExpiry, withEffectiveStatus } from "./sessions.policy.ts";
import {
  findSession,
  insertSession,
  listSessionsInScope,
  type Session,
  type SessionRow,
  updateSessionEnded,
  updateSessionEnrolled,
  updateUserSessionsEnded,
} from "./sessions.repository.ts";

export type { Session };

export interface SessionLifetimes {
  readonly refreshTokenDays: number;
  readonly maxDays: number;
  /** 0: a rotated refresh token never gets its successor again. */
  readonly graceSeconds: number;
}

export interface SessionsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly cache: Pick<SessionCache, "withSessionInvalidation" | "invalidateAll">;
  readonly events: Pick<AuditLog, "record">;
  readonly lifetimes: SessionLifetimes;
}

/** Lifetime of an enrolment-only session. */
const ENROLMENT_LIFETIME_MS = 10 * MINUTE;

/** A newly opened session, with its user's memberships for the first access token. */
export type OpenedSession = SessionRow & { readonly memberships: readonly HeldMembership[] };

/** Opening, reading and ending sessions. */
export class SessionsService {
  constructor(private readonly deps: SessionsDeps) {}

  /** Opens a session, in the transaction of the login. */
  async open(
    tx: Db,
    user: Pick<User, "id" | "tenantId">,
    {
      id,
      client,
      device,
      methods,
      passkeyId = null,
      socialAccountId = null,
      createdBySession = null,
      enrolmentTicketUntil = null,
      enrolmentOnly = false,
    }: {
      id: SessionId;
      client: ClientInfo;
      device: ResolvedDevice;
      methods: readonly AuthenticationMethod[];
      passkeyId?: PasskeyId | null;
      socialAccountId?: SocialAccountId | null;
      /** The session that created the verified credential. */
      createdBySession?: SessionId | null;
      /** Until when its enrolment ticket is valid; null for none. */
      enrolmentTicketUntil?: Date | null;
      /** Whether it permits only the enrolment of a second factor; it then lasts ten minutes. */
      enrolmentOnly?: boolean;
    },
  ): Promise<OpenedSession> {
    const { clock, lifetimes } = this.deps;
    const now = clock.now();
    const endsAt = after(now, enrolmentOnly ? ENROLMENT_LIFETIME_MS : lifetimes.maxDays * DAY);
    const session: SessionRow = {
      id,
      tenantId: user.tenantId,
      userId: user.id,
      deviceId: device.id,
      device: client.device,
      ipAddress: client.ipAddress,
      location: labelOf(client.location),
      authenticatedWith: [...methods],
      passkeyId,
      socialAccountId,
      authenticatedAt: now,
      elevationEpoch: 0,
      enrolmentTicketUntil,
      enrolmentOnly,
      homeMoved: false,
      failedProofs: 0,
      createdBySession,
      createdAt: now,
      lastActivityAt: now,
      refreshGeneration: 1,
      refreshNonce: randomBytes(16),
      refreshedAt: now,
      refreshedBy: null,
      usedGeneration: 0,
      lostAnswers: null,
      expiresAt: slidingExpiry(now, lifetimes.refreshTokenDays * DAY, endsAt),
      endsAt,
      endedAt: null,
      endReason: null,
    };
    return { ...session, memberships: await insertSession(tx, session) };
  }

  /** Returns a session of the viewer or, for admins, of their tenant; null if the viewer may not see it. */
  async findVisible(viewer: Viewer, id: string): Promise<Session | null> {
    const [session] = await this.listVisible(viewer, [id]);
    return session ?? null;
  }

  /** Returns the sessions with these ids that the viewer may see, unordered. */
  async listVisible(viewer: Viewer, ids: readonly string[]): Promise<Session[]> {
    const sessionIds = ids.flatMap((id) => parseId<SessionId>(id) ?? []);
    if (sessionIds.length === 0) return [];
    const sessions = await listSessionsInScope(this.deps.db, sessionIds, lookupScope(viewer));
    const now = this.deps.clock.now();
    return sessions
      .filter((session) => canView(viewer, session, "sessions:read"))
      .map((session) => withEffectiveStatus(session, now));
  }

  /**
   * Ends one session; its tokens stop working immediately.
   * @throws {AppError} NOT_FOUND if there is no such live session in the viewer's tenant, FORBIDDEN/NOT_SESSION_OWNER if it is another
   * user's and the viewer is not an admin
   */
  async end(viewer: Viewer, id: string, client: ClientInfo): Promise<Session> {
    const { clock, db, events } = this.deps;
    const sessionId = parseId<SessionId>(id);
    const session = sessionId && (await findSession(db, sessionId, lookupScope(viewer)));
    if (!session || !isLive(session, clock.now())) return notFound();
    const own = session.userId === viewer.userId;
    // Also checked before the lock, so that unauthorized callers cannot make replicas bypass the cache for the user.
    if (!own) await requireAuthorityOver(db, viewer, await findUserById(db, session.userId));
    const reason = own ? "REVOKED" : "ADMIN_REVOKED";
    const ended = await this.withSessionInvalidation(session.userId, async (tx) => {
      // The result is reliable only with the row locked: the user's home or memberships may have changed since the first check.
      if (!own) await requireAuthorityOver(tx, viewer, await findUserForUpdate(tx, session.userId));
      const row = await updateSessionEnded(tx, session.id, clock.now(), reason);
      if (row) await events.record(tx, sessionEnded(row, reason, { client }));
      return row;
    });
    return ended ?? notFound();
  }

  /** Ends the session of these tokens. @returns it, or null if it had already ended */
  logout(viewer: TokenBearer, client: ClientInfo): Promise<Session | null> {
    const { clock, events } = this.deps;
    return this.withSessionInvalidation(viewer.userId, async (tx) => {
      const ended = await updateSessionEnded(tx, viewer.sessionId, clock.now(), "LOGGED_OUT");
      if (ended) await events.record(tx, sessionEnded(ended, "LOGGED_OUT", { client }));
      return ended;
    });
  }

  /** Ends the viewer's sessions on every device. @returns the ended sessions */
  logoutAll(viewer: TokenBearer, client: ClientInfo): Promise<Session[]> {
    const user = { id: viewer.userId, tenantId: viewer.tenantId };
    return this.withSessionInvalidation(viewer.userId, async (tx) => {
      // The same lock order as for every change of several sessions of the user, to avoid deadlocks.
      await findUserForUpdate(tx, viewer.userId);
      return this.endAll(tx, user, "LOGGED_OUT", { client, allDevices: true });
    });
  }

  /**
   * Runs a transaction that ends or changes sessions, or the user's roles, status or profile. The commit is effective on every
   * replica when this resolves.
   */
  withSessionInvalidation<Result>(userId: UserId, work: (tx: Db) => Promise<Result>): Promise<Result> {
    const { cache, db } = this.deps;
    return cache.withSessionInvalidation(db, userId, work);
  }

  /**
   * Runs a transaction that affects the sessions of a whole tenant. The commit is effective on every replica when this resolves.
   */
  withGlobalInvalidation<Result>(work: (tx: Db) => Promise<Result>): Promise<Result> {
    const { cache, db } = this.deps;
    return cache.invalidateAll(db, work);
  }

  /**
   * Turns an enrolment-only session into a normal one, in the transaction of `withSessionInvalidation` that adds the factor. Its
   * next refresh returns the tokens of a login.
   */
  async completeEnrolment(tx: Db, id: SessionId): Promise<void> {
    const { clock, lifetimes } = this.deps;
    const now = clock.now();
    const endsAt = after(now, lifetimes.maxDays * DAY);
    const expiresAt = slidingExpiry(now, lifetimes.refreshTokenDays * DAY, endsAt);
    await updateSessionEnrolled(tx, id, { expiresAt, endsAt });
  }

  /** Ends the user's live sessions, inside a transaction of `withSessionInvalidation`. @returns the ended sessions */
  async endAll(
    tx: Db,
    user: { readonly id: UserId; readonly tenantId: TenantId },
    reason: SessionEndReason,
    { except, client, allDevices }: { except?: SessionId; client?: ClientInfo; allDevices?: boolean } = {},
  ): Promise<Session[]> {
    const { clock, events } = this.deps;
    const ended = await updateUserSessionsEnded(tx, user.id, { endedAt: clock.now(), endReason: reason, except });
    const drafts = ended.map(({ id }) =>
      sessionEnded({ id, tenantId: user.tenantId, userId: user.id }, reason, {
        client,
        ...(allDevices && { allDevices }),
      }),
    );
    await events.record(tx, ...drafts);
    return ended;
  }
}

/** An admin may end sessions of users whose home is the tenant, except an operator's. */
const requireAuthorityOver = async (db: Db, viewer: Viewer, owner: User | null): Promise<void> => {
  if (!hasPermission(viewer, "sessions:revoke")) throw new AppError("FORBIDDEN", { reason: "NOT_SESSION_OWNER" });
  if (owner === null) return notFound();
  if (!canManage(viewer, owner, "sessions:revoke")) throw new AppError("FORBIDDEN", { reason: "MISSING_PERMISSION" });
  await requireSoleHome(db, viewer, owner);
};

const notFound = (): never => {
  throw new AppError("NOT_FOUND");
};
