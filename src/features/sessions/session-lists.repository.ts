import { and, desc, eq, isNotNull, lte, or, type SQL, sql } from "drizzle-orm";
import type { ChildList } from "#platform/database/child-pages";
import type { Db } from "#platform/database/database";
import { prepared } from "#platform/database/prepared";
import { inPeriod, storable } from "#platform/database/slices";
import type { UserId } from "#shared/ids";
import type { Period } from "#shared/paging";
import { MAX_SESSIONS, type SessionEndReason } from "./sessions.policy.ts";
import { isActiveAt, type Session, sessionColumns } from "./sessions.repository.ts";
import { sessions } from "./sessions.table.ts";

const { placeholder } = sql;

const selectLive = prepared((db) =>
  db
    .select(sessionColumns)
    .from(sessions)
    .where(and(eq(sessions.userId, placeholder("userId")), isActiveAt(placeholder("now"))))
    .orderBy(desc(sessions.lastActivityAt))
    .limit(MAX_SESSIONS)
    .prepare("list_live_sessions"),
);

/** Returns the user's live sessions, most recently active first. */
export const listLiveSessions = (db: Db, userId: UserId, now: Date): Promise<Session[]> =>
  selectLive(db, { userId, now: now.toISOString() });

/** The live sessions of users. */
export const liveSessionsOfUsers = (db: Db, now: Date): ChildList => ({
  parent: sessions.userId,
  id: sessions.id,
  rows: (condition) =>
    db
      .select(sessionColumns)
      .from(sessions)
      .where(and(condition, isActiveAt(now)))
      .$dynamic(),
});

export interface HistoryQuery {
  readonly endReason: SessionEndReason | null;
  readonly ipAddress: string | null;
  readonly createdAt: Period;
  readonly endedAt: Period;
  readonly now: Date;
  /** Sessions that ended earlier are no longer listed. */
  readonly since: Date;
}

/** The ended sessions of users, including expired ones not yet swept. A user has few other sessions. */
export const endedSessionsOfUsers = (db: Db, query: HistoryQuery): ChildList => ({
  parent: sessions.userId,
  id: sessions.id,
  rows: (condition) =>
    db
      .select(sessionColumns)
      .from(sessions)
      .where(and(condition, overAs(query)))
      .$dynamic(),
});

const overAs = ({
  endReason,
  ipAddress,
  createdAt,
  endedAt: { from, to },
  now,
  since,
}: HistoryQuery): SQL | undefined => {
  const end = sql`coalesce(${sessions.endedAt}, ${sessions.expiresAt})`;
  return and(
    or(isNotNull(sessions.endedAt), lte(sessions.expiresAt, now)),
    sql`${end} > ${since.toISOString()}::timestamptz`,
    endReason ? sql`coalesce(${sessions.endReason}, 'EXPIRED') = ${endReason}` : undefined,
    ipAddress ? eq(sessions.ipAddress, ipAddress) : undefined,
    inPeriod(sessions.id, createdAt),
    from == null ? undefined : sql`${end} >= ${storable(from)}::timestamptz`,
    to == null ? undefined : sql`${end} < ${storable(to)}::timestamptz`,
  );
};
