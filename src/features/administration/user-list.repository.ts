import { and, asc, desc, eq, gt, like, lt, or, type SQL, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import { hadRiskyAttempt, hasFactor } from "#features/login/index";
import { hasRoleInScope } from "#features/memberships/index";
import {
  canonicalEmail,
  canonicalUsername,
  emailDomain,
  emailOrder,
  isUser,
  searchText,
  type User,
  type UserStatus,
  usernameOrder,
  users,
} from "#features/users/index";
import type { ChildList } from "#platform/database/child-pages";
import type { Db } from "#platform/database/database";
import { beginningWith, containing } from "#platform/database/like";
import { inScope } from "#platform/database/scope";
import { countUpToMax, inPeriod, isDuring } from "#platform/database/slices";
import type { TenantScope } from "#shared/access-policy";
import { after, DAY } from "#shared/durations";
import { assertNever } from "#shared/errors";
import type { RoleId, UserId } from "#shared/ids";
import type { OrderedSlice, Position } from "#shared/ordered-paging";
import type { Period } from "#shared/paging";
import {
  isFoundInside,
  RISK_DAYS,
  spellingsOf,
  type UserFactor,
  type UserOrder,
  type UserOrderField,
  type UserRisk,
} from "./user-list.policy.ts";

export interface UserQuery {
  readonly scope: TenantScope;
  /** A part of an e-mail address, username or name, in any case; a short text only at their beginning. */
  readonly search: string | null;
  /** In its canonical spelling. */
  readonly emailDomain: string | null;
  readonly status: UserStatus | null;
  readonly isOperator: boolean | null;
  /** A role of a tenant within the scope. */
  readonly roleId: RoleId | null;
  readonly factor: UserFactor | null;
  readonly risk: UserRisk | null;
  readonly createdAt: Period;
  readonly lastLoginAt: Period;
  readonly now: Date;
}

/** The users within the scope, in this order. */
export const listUsers = async (db: Db, query: UserQuery, order: UserOrder, slice: OrderedSlice): Promise<User[]> => {
  const { limit } = slice;
  const { search } = query;
  const between = isBetween(order, slice);
  if (search === null)
    return db
      .select()
      .from(users)
      .where(and(usersWanted(db, query), between))
      .orderBy(...inOrder(order, slice))
      .limit(limit);
  // Most searches for a frequent text fill a page from the start of the list. If not, the search index finds all matches, which are
  // then sorted. Matches may all be at the other end of the list, so reading in list order could mean scanning every user.
  const found = isIndexed(order.field) ? await listNear(db, query, order, slice, search) : [];
  if (found.length === limit) return found;
  return db
    .select()
    .from(users)
    .where(and(usersWanted(db, query), matches(users, search), between))
    .orderBy(...inOrder(order, slice, UNINDEXED))
    .limit(limit);
};

/** The number of users that Postgres reads in a few milliseconds. */
const NEAR = 2_000;

/** The matches among the next 2,000 users in this order. */
const listNear = (db: Db, query: UserQuery, order: UserOrder, slice: OrderedSlice, search: string): Promise<User[]> => {
  // Aliased as "users", so that conditions on the table apply to this subquery.
  const near = db
    .select()
    .from(users)
    .where(and(inScope(users.tenantId, query.scope), isBetween(order, slice)))
    .orderBy(...inOrder(order, slice))
    .limit(NEAR)
    .as("users");
  return db
    .select()
    .from(near)
    .where(and(usersWanted(db, query), matches(users, search)))
    .orderBy(...inOrder(order, slice))
    .limit(slice.limit);
};

/** The users that `listUsers` returns, as one list for each home tenant. */
export const usersOfTenants = (db: Db, query: UserQuery): ChildList => ({
  parent: users.tenantId,
  id: users.id,
  rows: (condition) =>
    db
      .select()
      .from(users)
      .where(and(condition, usersMatching(db, query)))
      .$dynamic(),
});

/** Counts the users, up to MAX_COUNT + 1. */
export const countUsers = (db: Db, query: UserQuery): Promise<number> =>
  countUpToMax(db, users, usersMatching(db, query));

const usersMatching = (db: Db, query: UserQuery): SQL | undefined =>
  and(usersWanted(db, query), query.search === null ? undefined : matches(users, query.search));

const usersWanted = (db: Db, query: UserQuery): SQL | undefined => {
  const { status, isOperator, roleId, factor, risk, scope } = query;
  return and(
    inScope(users.tenantId, query.scope),
    isUser,
    status ? eq(users.status, status) : undefined,
    isOperator === null ? undefined : eq(users.isOperator, isOperator),
    query.emailDomain === null ? undefined : sql`${emailDomain(users)} = ${query.emailDomain}`,
    roleId ? hasRoleInScope(db, roleId, query.scope) : undefined,
    factor ? hasFactor(factor === "NONE" ? null : factor) : undefined,
    risk ? hadRiskyAttempt(db, { atLeast: risk, since: after(query.now, -RISK_DAYS * DAY), scope }) : undefined,
    inPeriod(users.id, query.createdAt),
    isDuring(users.lastLoginAt, query.lastLoginAt),
  );
};

type SearchedColumns = Record<"emailCanonical" | "usernameCanonical" | "name", AnyPgColumn>;

const matches = (columns: SearchedColumns, search: string): SQL | undefined =>
  isFoundInside(search)
    ? or(...spellingsOf(search).map((spelling) => sql`${searchText(columns)} like lower(${containing(spelling)})`))
    : isBeginning(columns, search);

/** Matches the beginning of the address, the username or the name. Each has an index. */
const isBeginning = ({ emailCanonical, usernameCanonical, name }: SearchedColumns, search: string): SQL | undefined =>
  or(
    like(emailCanonical, beginningWith(canonicalEmail(search))),
    like(usernameCanonical, beginningWith(canonicalUsername(search))),
    // Lowercased by Postgres on both sides, because its rules for other alphabets may differ from JavaScript's.
    ...spellingsOf(search).map((spelling) => sql`lower(${name}) like lower(${beginningWith(spelling)})`),
  );

/** The column or expression that a list is ordered by; null if by id alone. */
const keyOf = (field: UserOrderField): SQL | null => {
  switch (field) {
    case "CREATED_AT":
      return null;
    case "LAST_LOGIN_AT":
      return sql`coalesce(${users.lastLoginAt}, '-infinity')`;
    case "EMAIL":
      return emailOrder(users);
    case "USERNAME":
      return usernameOrder(users);
    default:
      return assertNever(field);
  }
};

/** Logins would have to update an index on the last login, and with it all other indexes of users (no HOT update). */
const isIndexed = (field: UserOrderField): boolean => field !== "LAST_LOGIN_AT";

/** The rows between the two positions of a slice. */
const isBetween = (order: UserOrder, { after, before }: Pick<OrderedSlice, "after" | "before">): SQL | undefined => {
  const ascending = order.direction === "ASC";
  return and(
    after ? isBeyond(order, after, ascending) : undefined,
    before ? isBeyond(order, before, !ascending) : undefined,
  );
};

/** The rows whose key is greater than that of the position, or smaller, with the id as the tie-breaker. */
const isBeyond = ({ field }: UserOrder, position: Position, greater: boolean): SQL => {
  const id = position.id as UserId;
  const key = keyOf(field);
  if (key === null) return greater ? gt(users.id, id) : lt(users.id, id);
  const value =
    field === "LAST_LOGIN_AT" ? sql`${position.key || "-infinity"}::timestamptz` : sql`${position.key}::text`;
  return sql`(${key}, ${users.id}) ${sql.raw(greater ? ">" : "<")} (${value}, ${id}::uuid)`;
};

interface Sorting {
  /** Whether to write the order so that Postgres cannot use an index for it, and sorts the matches instead. */
  readonly unindexed: boolean;
}

const UNINDEXED: Sorting = { unindexed: true };

const inOrder = (
  { field, direction }: UserOrder,
  { backward }: OrderedSlice,
  { unindexed }: Sorting = { unindexed: false },
): SQL[] => {
  const sorted = (direction === "ASC") === backward ? desc : asc;
  const id = unindexed ? sql`${users.id}::text collate "C"` : sql`${users.id}`;
  const key = keyOf(field);
  if (key === null) return [sorted(id)];
  return [sorted(unindexed && isIndexed(field) ? sql`(${key} || '')` : key), sorted(id)];
};
