import {
  and,
  arrayContains,
  count,
  desc,
  eq,
  gt,
  inArray,
  isNotNull,
  isNull,
  like,
  lt,
  lte,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Db } from "../../platform/database/database.ts";
import { inScope } from "../../platform/database/scope.ts";
import type { SessionId, UserId } from "../../shared/ids.ts";
import type { Slice } from "../../shared/paging.ts";
import type { Role } from "../../shared/roles.ts";
import type { TenantScope } from "../../shared/visibility.ts";
import { liveAt, type Session, sessionColumns, sessions } from "../sessions/index.ts";
import { canonicalEmail, canonicalUsername, type User, type UserStatus, users } from "../users/index.ts";

export interface UserQuery {
  readonly scope: TenantScope;
  /** The beginning of an e-mail address, username or name, in any case. */
  readonly search: string | null;
  readonly status: UserStatus | null;
  readonly role: Role | null;
}

/** The users within the scope, newest first. */
export const listUsers = async (db: Db, { scope, search, status, role }: UserQuery, slice: Slice): Promise<User[]> => {
  const wanted = and(
    inScope(users.tenantId, scope),
    search ? matches(search) : undefined,
    status ? eq(users.status, status) : undefined,
    role ? arrayContains(users.roles, [role]) : undefined,
  );
  const sortsFew = search !== null && (await areFew(db, wanted));
  return db
    .select()
    .from(users)
    .where(and(wanted, slice.before ? lt(users.id, slice.before as UserId) : undefined))
    .orderBy(sortsFew ? newestSorted : desc(users.id))
    .limit(slice.limit);
};

/** So few that they are collected and sorted within milliseconds. */
const FEW = 10_000;

/** The order of ids as no index has it: Postgres then collects what matches and sorts it. */
const newestSorted = sql`${users.id}::text collate "C" desc`;

/**
 * Whether few users match. Postgres guesses that too, but it expects them everywhere in the list: where all of them are among
 * the oldest it would walk past everybody else. Where many match, a walk meets a page of them soon.
 */
const areFew = async (db: Db, wanted: SQL | undefined): Promise<boolean> => {
  const some = db
    .select({ id: users.id })
    .from(users)
    .where(wanted)
    .limit(FEW + 1)
    .as("some");
  const [row] = await db.select({ found: count() }).from(some);
  return (row?.found ?? 0) <= FEW;
};

/** Each alternative has an index of its own. */
const matches = (search: string): SQL | undefined =>
  or(
    like(users.emailCanonical, prefixPattern(canonicalEmail(search))),
    like(users.usernameCanonical, prefixPattern(canonicalUsername(search))),
    // Lowered by Postgres on both sides: its rules for other alphabets may differ from JavaScript's.
    sql`lower(${users.name}) like lower(${prefixPattern(search)})`,
  );

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
