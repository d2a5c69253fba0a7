import { and, asc, desc, eq, gt, inArray, isNotNull, isNull, like, lte, or, type SQL, sql } from "drizzle-orm";
import { type AnyPgColumn, unionAll } from "drizzle-orm/pg-core";
import { liveAt, type Session, sessionColumns, sessions } from "#features/sessions/index";
import { canonicalEmail, canonicalUsername, isUser, type User, type UserStatus, users } from "#features/users/index";
import type { ChildList } from "#platform/database/child-pages";
import type { Db } from "#platform/database/database";
import { beginningWith } from "#platform/database/like";
import { inScope } from "#platform/database/scope";
import { countUpToMax, inPeriod, inSlice, sliceOrder } from "#platform/database/slices";
import type { UserId } from "#shared/ids";
import type { Period, Slice } from "#shared/paging";
import type { TenantScope } from "#shared/visibility";

export interface UserQuery {
  readonly scope: TenantScope;
  /** The beginning of an e-mail address, username or name, in any case. */
  readonly search: string | null;
  readonly status: UserStatus | null;
  readonly isOperator: boolean | null;
  readonly createdAt: Period;
}

/** The users within the scope, newest first. */
export const listUsers = async (db: Db, query: UserQuery, slice: Slice): Promise<User[]> => {
  const { limit, backward } = slice;
  const wanted = and(usersWanted(query), inSlice(users.id, slice));
  const { search } = query;
  const inOrder = db.select().from(users).where(wanted).orderBy(sliceOrder(users.id, slice));
  if (search === null) return inOrder.limit(limit);
  // Most searches fill a page from the newest. One that does not may match the oldest alone: instead of walking past everybody
  // else to them, which is what Postgres would do where it expects them everywhere, all that match are collected and sorted.
  const near = inOrder.limit(NEAR).as("near");
  const found = await db
    .select()
    .from(near)
    .where(matches(near, search))
    .orderBy(sliceOrder(near.id, slice))
    .limit(limit);
  if (found.length === limit) return found;
  return db
    .select()
    .from(users)
    .where(and(wanted, matches(users, search)))
    .orderBy(backward ? asc(IN_TEXT_ORDER) : desc(IN_TEXT_ORDER))
    .limit(limit);
};

/** The same users, as a list of each tenant that is their home. */
export const usersOfTenants = (db: Db, query: UserQuery): ChildList => ({
  parent: users.tenantId,
  id: users.id,
  rows: (condition) =>
    db
      .select()
      .from(users)
      .where(and(condition, usersWanted(query), query.search === null ? undefined : matches(users, query.search)))
      .$dynamic(),
});

/** So many are looked at within a millisecond. */
const NEAR = 2_000;

/** The order of ids as no index has it. */
const IN_TEXT_ORDER = sql`${users.id}::text collate "C"`;

/** How many users there are, up to one more than MAX_COUNT. */
export const countUsers = (db: Db, query: UserQuery): Promise<number> =>
  countUpToMax(db, users, and(usersWanted(query), query.search === null ? undefined : matches(users, query.search)));

const usersWanted = ({ scope, status, isOperator, createdAt }: UserQuery): SQL | undefined =>
  and(
    inScope(users.tenantId, scope),
    isUser,
    status ? eq(users.status, status) : undefined,
    isOperator === null ? undefined : eq(users.isOperator, isOperator),
    inPeriod(users.id, createdAt),
  );

/** Each alternative has an index of its own. */
const matches = (
  { emailCanonical, usernameCanonical, name }: Record<"emailCanonical" | "usernameCanonical" | "name", AnyPgColumn>,
  search: string,
): SQL | undefined =>
  or(
    like(emailCanonical, beginningWith(canonicalEmail(search))),
    like(usernameCanonical, beginningWith(canonicalUsername(search))),
    // Lowered by Postgres on both sides: its rules for other alphabets may differ from JavaScript's.
    ...spellingsOf(search).map((spelling) => sql`lower(${name}) like lower(${beginningWith(spelling)})`),
  );

/** Names are stored in NFC; those of earlier versions as they were typed, letters and accents apart (NFD) among them. */
const spellingsOf = (search: string): readonly string[] => [
  ...new Set([search.normalize("NFC"), search.normalize("NFD")]),
];

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
