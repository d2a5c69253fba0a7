import { and, desc, eq, gt, inArray, isNotNull, isNull, like, lt, lte, or, type SQL, sql } from "drizzle-orm";
import { type AnyPgColumn, unionAll } from "drizzle-orm/pg-core";
import { liveAt, type Session, sessionColumns, sessions } from "#features/sessions/index";
import { canonicalEmail, canonicalUsername, isUser, type User, type UserStatus, users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { inScope } from "#platform/database/scope";
import type { SessionId, UserId } from "#shared/ids";
import type { Slice } from "#shared/paging";
import type { TenantScope } from "#shared/visibility";

export interface UserQuery {
  readonly scope: TenantScope;
  /** The beginning of an e-mail address, username or name, in any case. */
  readonly search: string | null;
  readonly status: UserStatus | null;
  readonly isOperator: boolean | null;
}

/** The users within the scope, newest first. */
export const listUsers = async (
  db: Db,
  { scope, search, status, isOperator }: UserQuery,
  { before, limit }: Slice,
): Promise<User[]> => {
  const wanted = and(
    inScope(users.tenantId, scope),
    isUser,
    status ? eq(users.status, status) : undefined,
    isOperator === null ? undefined : eq(users.isOperator, isOperator),
    before ? lt(users.id, before as UserId) : undefined,
  );
  const newest = db.select().from(users).where(wanted).orderBy(desc(users.id));
  if (search === null) return newest.limit(limit);
  // Most searches fill a page from the newest. One that does not may match the oldest alone: instead of walking past everybody
  // else to them, which is what Postgres would do where it expects them everywhere, all that match are collected and sorted.
  const near = newest.limit(NEAR).as("near");
  const found = await db.select().from(near).where(matches(near, search)).orderBy(desc(near.id)).limit(limit);
  if (found.length === limit) return found;
  return db
    .select()
    .from(users)
    .where(and(wanted, matches(users, search)))
    .orderBy(NEWEST_SORTED)
    .limit(limit);
};

/** So many are looked at within a millisecond. */
const NEAR = 2_000;

/** The order of ids as no index has it. */
const NEWEST_SORTED = sql`${users.id}::text collate "C" desc`;

/** Each alternative has an index of its own. */
const matches = (
  { emailCanonical, usernameCanonical, name }: Record<"emailCanonical" | "usernameCanonical" | "name", AnyPgColumn>,
  search: string,
): SQL | undefined =>
  or(
    like(emailCanonical, prefixPattern(canonicalEmail(search))),
    like(usernameCanonical, prefixPattern(canonicalUsername(search))),
    // Lowered by Postgres on both sides: its rules for other alphabets may differ from JavaScript's.
    ...spellingsOf(search).map((spelling) => sql`lower(${name}) like lower(${prefixPattern(spelling)})`),
  );

/** Names are stored in NFC; those of earlier versions as they were typed, letters and accents apart (NFD) among them. */
const spellingsOf = (search: string): readonly string[] => [
  ...new Set([search.normalize("NFC"), search.normalize("NFD")]),
];

/** The LIKE pattern of what begins with `text`, whose own `%` and `_` mean themselves. */
const prefixPattern = (text: string): string => `${text.replaceAll(/[\\%_]/g, "\\$&")}%`;

export interface SessionQuery {
  readonly scope: TenantScope;
  readonly userId: UserId | null;
  /** Only live ones, only ended and expired ones, or null: all. */
  readonly active: boolean | null;
  readonly ipAddress: string | null;
  readonly now: Date;
}

/** The sessions within the scope, newest first. */
export const listSessions = (db: Db, query: SessionQuery, slice: Slice): Promise<Session[]> => {
  const { scope, userId, active, ipAddress, now } = query;
  const wanted = and(
    inScope(sessions.tenantId, scope),
    userId ? eq(sessions.userId, userId) : undefined,
    ipAddress ? eq(sessions.ipAddress, ipAddress) : undefined,
    slice.before ? lt(sessions.id, slice.before as SessionId) : undefined,
  );
  if (active === false) return listSessionsOver(db, wanted, now, slice.limit);
  return db
    .select(sessionColumns)
    .from(sessions)
    .where(and(wanted, active ? liveAt(now) : undefined))
    .orderBy(desc(sessions.id))
    .limit(slice.limit);
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
