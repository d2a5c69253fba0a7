import { and, asc, eq, gt, gte, inArray, type SQL, sql } from "drizzle-orm";
import type { ChildList } from "#platform/database/child-pages";
import type { Db } from "#platform/database/database";
import { prepared } from "#platform/database/prepared";
import { inScope } from "#platform/database/scope";
import { countUpToMax, inPeriod, inSlice, sliceOrder } from "#platform/database/slices";
import { firstIdAt, isStorable, timeOfId } from "#platform/ids";
import type { TenantScope } from "#shared/access-policy";
import type { SecurityEventId, UserId } from "#shared/ids";
import type { Period, Slice } from "#shared/paging";
import type { SecurityEventType } from "./security-events.policy.ts";
import { securityEvents } from "./security-events.table.ts";

export type SecurityEventRow = typeof securityEvents.$inferSelect;

const insertOne = prepared((db) => {
  const { placeholder } = sql;
  return db
    .insert(securityEvents)
    .values({
      id: placeholder("id"),
      occurredAt: placeholder("occurredAt"),
      tenantId: placeholder("tenantId"),
      userId: placeholder("userId"),
      type: placeholder("type"),
      ipAddress: placeholder("ipAddress"),
      device: placeholder("device"),
      location: placeholder("location"),
      details: placeholder("details"),
    })
    .prepare("insert_security_event");
});

/** Inserts events. A single event, the usual case, uses a prepared statement. */
export const insertSecurityEvents = async (db: Db, rows: readonly SecurityEventRow[]): Promise<void> => {
  const [row, ...more] = rows;
  if (row === undefined) return;
  if (more.length > 0) await db.insert(securityEvents).values([...rows]);
  else await insertOne(db, { ...row });
};

/** Costs Postgres as much as inserting one event, but writes nothing. */
export const insertNoSecurityEvent = async (db: Db): Promise<void> => {
  await db.execute(sql`insert into ${securityEvents} select * from ${securityEvents} where false`);
};

export interface SecurityEventQuery {
  readonly scope: TenantScope;
  /** Null: of all users within the scope. */
  readonly userId: UserId | null;
  readonly types: readonly SecurityEventType[] | null;
  readonly occurredAt: Period;
}

/** The events within the scope, newest first. */
export const listSecurityEvents = (db: Db, query: SecurityEventQuery, slice: Slice): Promise<SecurityEventRow[]> =>
  query.types !== null && query.userId === null
    ? listEventsByType(db, { ...query, types: query.types }, slice)
    : db
        .select()
        .from(securityEvents)
        .where(and(wanted(query), inSlice(securityEvents.id, slice)))
        .orderBy(sliceOrder(securityEvents.id, slice))
        .limit(slice.limit);

/** Reads the first rows of each type separately, in index order, so that a rare type is not searched among all others. */
const listEventsByType = (
  db: Db,
  { types, ...query }: SecurityEventQuery & { readonly types: readonly SecurityEventType[] },
  slice: Slice,
): Promise<SecurityEventRow[]> => {
  const list = sql.join(
    types.map((type) => sql`${type}`),
    sql`, `,
  );
  const ofType = db
    .select()
    .from(securityEvents)
    .where(
      and(
        wanted({ ...query, types: null }),
        sql`${securityEvents.type} = "wanted"."type"`,
        inSlice(securityEvents.id, slice),
      ),
    )
    .orderBy(sliceOrder(securityEvents.id, slice))
    .limit(slice.limit)
    .as("of_type");
  return db
    .select(ofType._.selectedFields)
    .from(sql`unnest(array[${list}]::text[]) as "wanted" ("type")`)
    .crossJoinLateral(ofType)
    .orderBy(sliceOrder(ofType.id, slice))
    .limit(slice.limit);
};

/** The same events, as one list for each user or for each tenant. */
export const securityEventsOf = (db: Db, parent: "userId" | "tenantId", query: SecurityEventQuery): ChildList => ({
  parent: securityEvents[parent],
  id: securityEvents.id,
  rows: (condition) =>
    db
      .select()
      .from(securityEvents)
      .where(and(condition, wanted(query)))
      .$dynamic(),
});

/** Counts the events, up to MAX_COUNT + 1. */
export const countSecurityEvents = (db: Db, query: SecurityEventQuery): Promise<number> =>
  countUpToMax(db, securityEvents, wanted(query));

const wanted = ({ scope, userId, types, occurredAt }: SecurityEventQuery): SQL | undefined =>
  and(
    inScope(securityEvents.tenantId, scope),
    userId ? eq(securityEvents.userId, userId) : undefined,
    types ? inArray(securityEvents.type, [...types]) : undefined,
    inPeriod(securityEvents.id, occurredAt, securityEvents.occurredAt),
  );

/** The event with this id, if it is within the scope. The id contains the month, so only one partition is read. */
export const findSecurityEvent = async (
  db: Db,
  scope: TenantScope,
  id: SecurityEventId,
): Promise<SecurityEventRow | null> => {
  const occurredAt = timeOfId(id);
  if (!isStorable(occurredAt)) return null;
  const [row] = await db
    .select()
    .from(securityEvents)
    .where(
      and(
        eq(securityEvents.id, id),
        eq(securityEvents.occurredAt, occurredAt),
        inScope(securityEvents.tenantId, scope),
      ),
    );
  return row ?? null;
};

/** The user's events among these, oldest first. Each id contains its month. */
export const listSecurityEventsById = async (
  db: Db,
  userId: UserId,
  ids: readonly SecurityEventId[],
): Promise<SecurityEventRow[]> => {
  const times = ids.map(timeOfId).filter(isStorable);
  if (times.length === 0) return [];
  const { id, occurredAt } = securityEvents;
  return db
    .select()
    .from(securityEvents)
    .where(and(inArray(id, [...ids]), inArray(occurredAt, times), eq(securityEvents.userId, userId)))
    .orderBy(asc(id));
};

/** More than occur to a few users within seconds. If there are more, the oldest are returned. */
const MAX_EVENTS = 5_000;

/** The events of these users since the instant, oldest first. */
export const listSecurityEventsOfUsersSince = (
  db: Db,
  userIds: readonly UserId[],
  since: Date,
): Promise<SecurityEventRow[]> => {
  const { id, occurredAt, userId } = securityEvents;
  // The index has the id; the condition on time limits the query to one or two monthly partitions.
  const isNew = and(gt(id, firstIdAt<SecurityEventId>(since)), gte(occurredAt, since));
  return db
    .select()
    .from(securityEvents)
    .where(and(inArray(userId, [...userIds]), isNew))
    .orderBy(asc(id))
    .limit(MAX_EVENTS);
};

/** Removes all personal data from a user's events. Types and times remain; origin and details do not. */
export const updateSecurityEventsWithoutPersonalData = async (db: Db, userId: UserId): Promise<void> => {
  await db
    .update(securityEvents)
    .set({ ipAddress: null, device: null, location: null, details: {} })
    .where(eq(securityEvents.userId, userId));
};

/** Whether the user was imported from another system. */
export const hasImportEvent = async (db: Db, userId: UserId): Promise<boolean> => {
  const found = await db
    .select({ id: securityEvents.id })
    .from(securityEvents)
    .where(
      and(
        eq(securityEvents.userId, userId),
        eq(securityEvents.type, "USER_REGISTERED"),
        sql`${securityEvents.details} @> '{"imported": true}'`,
      ),
    )
    .limit(1);
  return found.length > 0;
};
