import { and, desc, eq, gt, inArray, isNotNull, isNull, lte, or, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import { isActiveAt, type Session, sessionColumns, sessions } from "#features/sessions/index";
import type { ChildList } from "#platform/database/child-pages";
import type { Db } from "#platform/database/database";
import { inScope } from "#platform/database/scope";
import { countUpToMax, inPeriod, inSlice, sliceOrder } from "#platform/database/slices";
import type { TenantScope } from "#shared/access-policy";
import type { UserId } from "#shared/ids";
import type { Period, Slice } from "#shared/paging";

export interface SessionQuery {
  readonly scope: TenantScope;
  readonly userId: UserId | null;
  /** True: only live sessions. False: only ended and expired sessions. Null: all. */
  readonly active: boolean | null;
  readonly ipAddress: string | null;
  readonly createdAt: Period;
  readonly now: Date;
}

/** The sessions within the scope, newest first. */
export const listSessions = (db: Db, query: SessionQuery, slice: Slice): Promise<Session[]> => {
  const wanted = and(sessionsWanted(query), inSlice(sessions.id, slice));
  // Paging forward uses one index for ended and one for expired sessions. Paging backward starts with the oldest sessions, nearly
  // all of which have ended or expired.
  if (query.active === false && !slice.backward) return listSessionsOver(db, wanted, query.now, slice.limit);
  return db
    .select(sessionColumns)
    .from(sessions)
    .where(and(wanted, inState(query)))
    .orderBy(sliceOrder(sessions.id, slice))
    .limit(slice.limit);
};

/** The sessions that `listSessions` returns, as one list for each tenant. */
export const sessionsOfTenants = (db: Db, query: SessionQuery): ChildList => ({
  parent: sessions.tenantId,
  id: sessions.id,
  rows: (condition) =>
    db
      .select(sessionColumns)
      .from(sessions)
      .where(and(condition, sessionsWanted(query), inState(query)))
      .$dynamic(),
});

/** Counts the sessions, up to MAX_COUNT + 1. */
export const countSessions = (db: Db, query: SessionQuery): Promise<number> =>
  countUpToMax(db, sessions, and(sessionsWanted(query), inState(query)));

const sessionsWanted = ({ scope, userId, ipAddress, createdAt }: SessionQuery): SQL | undefined =>
  and(
    inScope(sessions.tenantId, scope),
    userId ? eq(sessions.userId, userId) : undefined,
    ipAddress ? eq(sessions.ipAddress, ipAddress) : undefined,
    inPeriod(sessions.id, createdAt),
  );

const inState = ({ active, now }: SessionQuery): SQL | undefined => {
  if (active === null) return undefined;
  return active ? isActiveAt(now) : or(isNotNull(sessions.endedAt), lte(sessions.expiresAt, now));
};

const NO_ID = "00000000-0000-0000-0000-000000000000";

/**
 * Lists sessions that have ended, and sessions that have expired but were not swept yet. Ended sessions have an index. Expired
 * sessions are searched among those that have not ended, but only as far back as the page reaches: if ended sessions fill the page,
 * only expired sessions that are newer than the last of them belong to it.
 */
const listSessionsOver = (db: Db, wanted: SQL | undefined, now: Date, limit: number): Promise<Session[]> => {
  const newest = (condition: SQL | undefined) =>
    db.select({ id: sessions.id }).from(sessions).where(and(wanted, condition)).orderBy(desc(sessions.id)).limit(limit);
  const ended = db.$with("ended").as(newest(isNotNull(sessions.endedAt)));
  const oldest = db
    .select({ id: ended.id })
    .from(ended)
    .orderBy(desc(ended.id))
    .offset(limit - 1)
    .limit(1);
  const expired = newest(
    and(isNull(sessions.endedAt), lte(sessions.expiresAt, now), gt(sessions.id, sql`coalesce((${oldest}), ${NO_ID})`)),
  );
  return db
    .with(ended)
    .select(sessionColumns)
    .from(sessions)
    .where(inArray(sessions.id, unionAll(db.select({ id: ended.id }).from(ended), expired)))
    .orderBy(desc(sessions.id))
    .limit(limit);
};
