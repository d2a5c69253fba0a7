import { and, desc, eq, gt, inArray, isNotNull, isNull, lte, or, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import { liveAt, type Session, sessionColumns, sessions } from "#features/sessions/index";
import type { ChildList } from "#platform/database/child-pages";
import type { Db } from "#platform/database/database";
import { inScope } from "#platform/database/scope";
import { countUpToMax, inPeriod, inSlice, sliceOrder } from "#platform/database/slices";
import type { UserId } from "#shared/ids";
import type { Period, Slice } from "#shared/paging";
import type { TenantScope } from "#shared/visibility";

export interface SessionQuery {
  readonly scope: TenantScope;
  readonly userId: UserId | null;
  /** Only live ones, only ended and expired ones, or null: all. */
  readonly active: boolean | null;
  readonly ipAddress: string | null;
  readonly createdAt: Period;
  readonly now: Date;
}

/** The sessions within the scope, newest first. */
export const listSessions = (db: Db, query: SessionQuery, slice: Slice): Promise<Session[]> => {
  const wanted = and(sessionsWanted(query), inSlice(sessions.id, slice));
  // Forward, the two kinds of sessions that are over are read by an index each. Backward the oldest are read, nearly all of them over.
  if (query.active === false && !slice.backward) return listSessionsOver(db, wanted, query.now, slice.limit);
  return db
    .select(sessionColumns)
    .from(sessions)
    .where(and(wanted, inState(query)))
    .orderBy(sliceOrder(sessions.id, slice))
    .limit(slice.limit);
};

/** The same sessions, as a list of each tenant. */
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

/** How many sessions there are, up to one more than MAX_COUNT. */
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
  return active ? liveAt(now) : or(isNotNull(sessions.endedAt), lte(sessions.expiresAt, now));
};

const NO_ID = "00000000-0000-0000-0000-000000000000";

/**
 * Sessions that ended, and those that expired and wait for the sweep. The former have an index; the latter are looked for among
 * the live ones, but no further back than the page reaches: where it is full without them, only what is newer belongs to it.
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
