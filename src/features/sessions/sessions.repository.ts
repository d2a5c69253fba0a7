import { and, eq, getTableColumns, gt, inArray, isNull, ne, type Placeholder, type SQL, sql } from "drizzle-orm";
import { heldMemberships } from "#features/memberships/index";
import { users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { prepared } from "#platform/database/prepared";
import { inScope } from "#platform/database/scope";
import type { TenantScope } from "#shared/access-policy";
import type { SessionId, UserId } from "#shared/ids";
import type { HeldMembership } from "#shared/memberships";
import type { SessionEndReason } from "./sessions.policy.ts";
import { sessions } from "./sessions.table.ts";

/** A row of the table of sessions. */
export type SessionRow = typeof sessions.$inferSelect;

const {
  refreshGeneration,
  refreshNonce,
  refreshedAt,
  elevationEpoch,
  enrolmentTicketUntil,
  enrolmentOnly,
  homeMoved,
  failedProofs,
  createdBySession,
  refreshedBy,
  usedGeneration,
  lostAnswers,
  authenticatedAt,
  endsAt,
  passkeyId,
  ...shown
} = getTableColumns(sessions);

/** The columns that may be returned: the material of refresh tokens leaves the repository only if needed. */
export const sessionColumns = shown;

export type Session = Omit<
  SessionRow,
  | "refreshGeneration"
  | "refreshNonce"
  | "refreshedAt"
  | "elevationEpoch"
  | "enrolmentTicketUntil"
  | "enrolmentOnly"
  | "homeMoved"
  | "failedProofs"
  | "createdBySession"
  | "refreshedBy"
  | "usedGeneration"
  | "lostAnswers"
  | "authenticatedAt"
  | "endsAt"
  | "passkeyId"
>;

const { placeholder } = sql;

/** The condition of `isLive` (sessions.policy.ts) in SQL. */
export const isActiveAt = (now: Date | Placeholder): SQL | undefined =>
  and(isNull(sessions.endedAt), gt(sessions.expiresAt, now));

/** The columns of `SessionWithUser`, of a statement about sessions and their users. */
export const sessionWithUserColumns = {
  id: sessions.id,
  tenantId: sessions.tenantId,
  userId: sessions.userId,
  deviceId: sessions.deviceId,
  device: sessions.device,
  authenticatedWith: sessions.authenticatedWith,
  authenticatedAt: sessions.authenticatedAt,
  elevationEpoch: sessions.elevationEpoch,
  enrolmentOnly: sessions.enrolmentOnly,
  homeMoved: sessions.homeMoved,
  lastActivityAt: sessions.lastActivityAt,
  refreshGeneration: sessions.refreshGeneration,
  refreshNonce: sessions.refreshNonce,
  refreshedAt: sessions.refreshedAt,
  usedGeneration: sessions.usedGeneration,
  expiresAt: sessions.expiresAt,
  endsAt: sessions.endsAt,
  endedAt: sessions.endedAt,
  endReason: sessions.endReason,
  email: users.email,
  username: users.username,
  name: users.name,
  locale: users.locale,
  emailVerified: users.emailVerified,
  passwordResetRequired: users.passwordResetRequired,
  userCreatedAt: users.createdAt,
  homeTenantId: users.tenantId,
  roles: users.roles,
  isOperator: users.isOperator,
  userStatus: users.status,
  memberships: heldMemberships(sql`"sessions"."user_id"`),
};

const selectSessionWithUser = prepared((db) =>
  db
    .select(sessionWithUserColumns)
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(eq(sessions.id, placeholder("id")))
    .prepare("find_session_with_profile"),
);

/** A session with its user: all data for a token check or a refresh, read by primary keys. */
export type SessionWithUser = Awaited<ReturnType<typeof selectSessionWithUser>>[number];

/** Returns the session with this id, live or not. */
export const findSessionWithUser = async (db: Db, id: SessionId): Promise<SessionWithUser | null> => {
  const [row] = await selectSessionWithUser(db, { id });
  return row ?? null;
};

/** Returns the existing ones of these sessions, with the data that decides whether their connections may stay open. */
export const listSessionsForCheck = (db: Db, ids: readonly SessionId[]) =>
  db
    .select({
      id: sessions.id,
      userId: sessions.userId,
      expiresAt: sessions.expiresAt,
      endedAt: sessions.endedAt,
      endReason: sessions.endReason,
      isOperator: users.isOperator,
      userStatus: users.status,
      memberships: heldMemberships(sql`"sessions"."user_id"`),
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(inArray(sessions.id, [...ids]));

const insert = prepared((db) =>
  db
    .insert(sessions)
    .values({
      id: placeholder("id"),
      tenantId: placeholder("tenantId"),
      userId: placeholder("userId"),
      deviceId: placeholder("deviceId"),
      device: placeholder("device"),
      ipAddress: placeholder("ipAddress"),
      location: placeholder("location"),
      authenticatedWith: placeholder("authenticatedWith"),
      passkeyId: placeholder("passkeyId"),
      socialAccountId: placeholder("socialAccountId"),
      authenticatedAt: placeholder("createdAt"),
      // Drizzle does not accept null for an instant.
      enrolmentTicketUntil: sql`${placeholder("enrolmentTicketUntil")}::timestamptz`,
      createdBySession: placeholder("createdBySession"),
      enrolmentOnly: placeholder("enrolmentOnly"),
      createdAt: placeholder("createdAt"),
      lastActivityAt: placeholder("createdAt"),
      refreshNonce: placeholder("refreshNonce"),
      refreshedAt: placeholder("createdAt"),
      expiresAt: placeholder("expiresAt"),
      endsAt: placeholder("endsAt"),
    })
    .returning({ memberships: heldMemberships(sql`"sessions"."user_id"`) })
    .prepare("insert_session_of_member"),
);

/** Inserts a newly opened session. @returns the memberships of its user, for the access token */
export const insertSession = async (db: Db, session: SessionRow): Promise<readonly HeldMembership[]> => {
  const [row] = await insert(db, {
    ...session,
    enrolmentTicketUntil: session.enrolmentTicketUntil?.toISOString() ?? null,
  });
  return row?.memberships ?? [];
};

/** Lifts the limits of a live enrolment-only session. */
export const updateSessionEnrolled = async (
  db: Db,
  id: SessionId,
  times: { readonly expiresAt: Date; readonly endsAt: Date },
): Promise<void> => {
  await db
    .update(sessions)
    .set({ ...times, enrolmentOnly: false })
    .where(and(eq(sessions.id, id), isNull(sessions.endedAt), sessions.enrolmentOnly));
};

/** Ends the session. @returns null if it had already ended */
export const updateSessionEnded = async (
  db: Db,
  id: SessionId,
  endedAt: Date,
  endReason: SessionEndReason,
): Promise<Session | null> => {
  const [row] = await db
    .update(sessions)
    .set({ endedAt, endReason })
    .where(and(eq(sessions.id, id), isActiveAt(endedAt)))
    .returning(sessionColumns);
  return row ?? null;
};

/**
 * Ends all sessions of the user except `except`. Expired ones end as EXPIRED and are not returned. They must not stay open,
 * because they would become live again if the clock is set back, or by a refresh that started before they expired.
 */
export const updateUserSessionsEnded = async (
  db: Db,
  userId: UserId,
  { endedAt, endReason, except }: { endedAt: Date; endReason: SessionEndReason; except: SessionId | undefined },
): Promise<Session[]> => {
  const expired = sql`${sessions.expiresAt} <= ${endedAt.toISOString()}`;
  const ended = await db
    .update(sessions)
    .set({
      endedAt: sql`least(${sessions.expiresAt}, ${endedAt.toISOString()})`,
      endReason: sql`case when ${expired} then 'EXPIRED' else ${endReason} end`,
    })
    .where(and(eq(sessions.userId, userId), isNull(sessions.endedAt), except ? ne(sessions.id, except) : undefined))
    .returning(sessionColumns);
  return ended.filter((session) => session.endReason !== "EXPIRED");
};

/** Returns the session with this id if it is within the scope. */
export const findSession = async (db: Db, id: SessionId, scope: TenantScope): Promise<Session | null> => {
  const [row] = await db
    .select(sessionColumns)
    .from(sessions)
    .where(and(eq(sessions.id, id), inScope(sessions.tenantId, scope)));
  return row ?? null;
};

/** Returns the sessions with these ids that are within the scope, ended or not, unordered. */
export const listSessionsInScope = (db: Db, ids: readonly SessionId[], scope: TenantScope): Promise<Session[]> =>
  db
    .select(sessionColumns)
    .from(sessions)
    .where(and(inArray(sessions.id, [...ids]), inScope(sessions.tenantId, scope)));
