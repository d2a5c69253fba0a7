import { randomBytes } from "node:crypto";
import type { SecurityLog } from "#features/audit/index";
import type { RecognisedDevice } from "#features/devices/index";
import { requireSoleHome } from "#features/memberships/index";
import { findUserById, findUserForUpdate, type User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { type Client, nameOfPlace } from "#shared/client";
import { after, DAY, MINUTE } from "#shared/durations";
import { AppError } from "#shared/errors";
import type { AuthenticationMethod } from "#shared/factors";
import { type PasskeyId, parseId, type SessionId, type SocialAccountId, type TenantId, type UserId } from "#shared/ids";
import type { HeldMembership } from "#shared/memberships";
import type { Viewer } from "#shared/viewer";
import { hasPermission, lookupScope, mayActOn, maySee } from "#shared/visibility";
import type { TokenBearer } from "./presented-tokens.service.ts";
import type { SessionCache } from "./session-cache.ts";
import { sessionEnded } from "./sessions.events.ts";
import { asSeen, isLive, type SessionEndReason, slidingExpiry } from "./sessions.policy.ts";
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
  /** 0: a spent refresh token is never told its successor. */
  readonly graceSeconds: number;
}

export interface SessionsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly cache: Pick<SessionCache, "changing" | "forgettingAll">;
  readonly events: Pick<SecurityLog, "record">;
  readonly lifetimes: SessionLifetimes;
}

/** How long a session lives that is for enrolment only. */
const ENROLMENT_LIFETIME = 10 * MINUTE;

/** A session that has just been opened, with the memberships of its user: what its first access token says. */
export type OpenedSession = SessionRow & { readonly memberships: readonly HeldMembership[] };

/** Opening, showing and ending sessions. */
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
      client: Client;
      device: RecognisedDevice;
      methods: readonly AuthenticationMethod[];
      passkeyId?: PasskeyId | null;
      socialAccountId?: SocialAccountId | null;
      /** The session that created the credential that was proved. */
      createdBySession?: SessionId | null;
      /** Until when its enrolment ticket is good; null for none. */
      enrolmentTicketUntil?: Date | null;
      /** Whether it is for nothing but the enrolment of a second factor: then it lives ten minutes. */
      enrolmentOnly?: boolean;
    },
  ): Promise<OpenedSession> {
    const { clock, lifetimes } = this.deps;
    const now = clock.now();
    const endsAt = after(now, enrolmentOnly ? ENROLMENT_LIFETIME : lifetimes.maxDays * DAY);
    const session: SessionRow = {
      id,
      tenantId: user.tenantId,
      userId: user.id,
      deviceId: device.id,
      device: client.device,
      ipAddress: client.ipAddress,
      location: nameOfPlace(client.location),
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

  /** One session: the viewer's own, or one of the tenant for its admin; null if the viewer may see no such session. */
  async findVisible(viewer: Viewer, id: string): Promise<Session | null> {
    const [session] = await this.listVisible(viewer, [id]);
    return session ?? null;
  }

  /** Those of the sessions with these ids that the viewer may see, in no order. */
  async listVisible(viewer: Viewer, ids: readonly string[]): Promise<Session[]> {
    const sessionIds = ids.flatMap((id) => parseId<SessionId>(id) ?? []);
    if (sessionIds.length === 0) return [];
    const sessions = await listSessionsInScope(this.deps.db, sessionIds, lookupScope(viewer));
    const now = this.deps.clock.now();
    return sessions
      .filter((session) => maySee(viewer, session, "sessions:read"))
      .map((session) => asSeen(session, now));
  }

  /**
   * Ends one session; its tokens stop working at once. Throws NOT_FOUND where there is no such live session in the viewer's
   * tenant, FORBIDDEN/NOT_SESSION_OWNER where it is somebody else's and the viewer no administrator.
   */
  async end(viewer: Viewer, id: string, client: Client): Promise<Session> {
    const { clock, db, events } = this.deps;
    const sessionId = parseId<SessionId>(id);
    const session = sessionId && (await findSession(db, sessionId, lookupScope(viewer)));
    if (!session || !isLive(session, clock.now())) return notFound();
    const own = session.userId === viewer.userId;
    // Before the lock, too: callers without the right must not make replicas ask the database about the user.
    if (!own) await requireAuthorityOver(db, viewer, await findUserById(db, session.userId));
    const reason = own ? "REVOKED" : "ADMIN_REVOKED";
    const ended = await this.changing(session.userId, async (tx) => {
      // Only behind the lock does it stay so: the home may have moved since, or the user have become a member elsewhere.
      if (!own) await requireAuthorityOver(tx, viewer, await findUserForUpdate(tx, session.userId));
      const row = await updateSessionEnded(tx, session.id, clock.now(), reason);
      if (row) await events.record(tx, sessionEnded(row, reason, { client }));
      return row;
    });
    return ended ?? notFound();
  }

  /** Ends the session of these tokens. @returns it, or null if it had ended already */
  signOut(viewer: TokenBearer, client: Client): Promise<Session | null> {
    const { clock, events } = this.deps;
    return this.changing(viewer.userId, async (tx) => {
      const ended = await updateSessionEnded(tx, viewer.sessionId, clock.now(), "LOGGED_OUT");
      if (ended) await events.record(tx, sessionEnded(ended, "LOGGED_OUT", { client }));
      return ended;
    });
  }

  /** Ends the viewer's sessions on every device. @returns those that ended */
  signOutEverywhere(viewer: TokenBearer, client: Client): Promise<Session[]> {
    const user = { id: viewer.userId, tenantId: viewer.tenantId };
    return this.changing(viewer.userId, async (tx) => {
      // As whoever else changes several sessions of the user: in another order they would wait for each other.
      await findUserForUpdate(tx, viewer.userId);
      return this.endAll(tx, user, "LOGGED_OUT", { client, allDevices: true });
    });
  }

  /**
   * Runs a transaction that ends or changes sessions, roles or the status of a user. What it commits is true on every replica
   * when this resolves.
   */
  changing<Result>(userId: UserId, work: (tx: Db) => Promise<Result>): Promise<Result> {
    const { cache, db } = this.deps;
    return cache.changing(db, userId, work);
  }

  /**
   * Runs a transaction that decides over the sessions of a whole tenant. Once it resolves, what it committed is true on every
   * replica.
   */
  changingForAll<Result>(work: (tx: Db) => Promise<Result>): Promise<Result> {
    const { cache, db } = this.deps;
    return cache.forgettingAll(db, work);
  }

  /**
   * Makes a session that was for enrolment only one like any other, in the transaction of `changing` that adds the factor. Its
   * next refresh returns the tokens of a login.
   */
  async completeEnrolment(tx: Db, id: SessionId): Promise<void> {
    const { clock, lifetimes } = this.deps;
    const now = clock.now();
    const endsAt = after(now, lifetimes.maxDays * DAY);
    const expiresAt = slidingExpiry(now, lifetimes.refreshTokenDays * DAY, endsAt);
    await updateSessionEnrolled(tx, id, { expiresAt, endsAt });
  }

  /** Ends the user's live sessions, inside a transaction of `changing`. @returns those that ended */
  async endAll(
    tx: Db,
    user: { readonly id: UserId; readonly tenantId: TenantId },
    reason: SessionEndReason,
    { except, client, allDevices }: { except?: SessionId; client?: Client; allDevices?: boolean } = {},
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

/** An admin ends sessions of users whose home is the tenant, but not an operator's. */
const requireAuthorityOver = async (db: Db, viewer: Viewer, owner: User | null): Promise<void> => {
  if (!hasPermission(viewer, "sessions:revoke")) throw new AppError("FORBIDDEN", { reason: "NOT_SESSION_OWNER" });
  if (owner === null) return notFound();
  if (!mayActOn(viewer, owner, "sessions:revoke")) throw new AppError("FORBIDDEN", { reason: "MISSING_PERMISSION" });
  await requireSoleHome(db, viewer, owner);
};

const notFound = (): never => {
  throw new AppError("NOT_FOUND");
};
