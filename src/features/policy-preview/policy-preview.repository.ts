import { and, count, eq, gte, inArray, isNotNull, ne, sql } from "drizzle-orm";
import { securityEvents } from "#features/audit/index";
import { hasFactor, loginAttempts } from "#features/login/index";
import { memberships } from "#features/memberships/index";
import { registrations } from "#features/registration/index";
import { isActiveAt, sessions } from "#features/sessions/index";
import { users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { inPeriod } from "#platform/database/slices";
import type { TenantId } from "#shared/ids";
import type { LoginGroup, PolicyFacts, UserGroup } from "./policy-effects.ts";

/** The statements of a preview end after this time, because nothing waits for them but a page. */
export const limitStatementTime = async (tx: Db): Promise<void> => {
  await tx.execute(sql`set local statement_timeout = '5s'`);
};

const traits = {
  isOperator: sql<boolean>`${users.roles} @> '{OPERATOR}'`.as("is_operator"),
  mustEnrol: users.mustEnrol,
};

export interface CountedLogins {
  readonly groups: readonly LoginGroup[];
  /** The instant of the oldest login that was counted; null without any. */
  readonly since: Date | null;
  readonly total: number;
}

/**
 * Counts the newest logins with a right first factor, grouped by the traits that policies depend on. A login that completed a challenge
 * has two attempts with the same risk, which count once. Attempts of users who were deleted are not there.
 */
export const countLogins = async (
  db: Db,
  tenantId: TenantId,
  { since, limit }: { readonly since: Date; readonly limit: number },
): Promise<CountedLogins> => {
  const recent = db
    .select({
      id: loginAttempts.id,
      userId: loginAttempts.userId,
      occurredAt: loginAttempts.occurredAt,
      outcome: loginAttempts.outcome,
      risk: loginAttempts.risk,
    })
    .from(loginAttempts)
    .where(
      and(
        eq(loginAttempts.tenantId, tenantId),
        inPeriod(loginAttempts.id, { from: since }, loginAttempts.occurredAt),
        inArray(loginAttempts.outcome, ["SUCCESS", "CHALLENGED"]),
        isNotNull(loginAttempts.userId),
      ),
    )
    .orderBy(sql`${loginAttempts.id} desc`)
    .limit(limit)
    .as("recent");
  const before = sql`over (partition by ${recent.userId} order by ${recent.id})`;
  const ordered = db
    .select({
      userId: recent.userId,
      occurredAt: recent.occurredAt,
      score: sql<number>`(${recent.risk} ->> 'score')::int`.as("score"),
      completes: sql<boolean>`(${recent.outcome} = 'SUCCESS' and lag(${recent.outcome}) ${before} = 'CHALLENGED'
        and lag(${recent.risk}) ${before} = ${recent.risk})`.as("completes"),
    })
    .from(recent)
    .as("ordered");
  const ofUsers = db
    .select({
      userId: ordered.userId,
      score: ordered.score,
      logins: sql<number>`(count(*) filter (where ${ordered.completes} is not true))::int`.as("logins"),
      attempts: count().as("attempts"),
      oldest: sql<string>`min(${ordered.occurredAt})`.as("oldest"),
    })
    .from(ordered)
    .groupBy(ordered.userId, ordered.score)
    .as("of_users");
  const rows = await db
    .select({
      ...traits,
      hasOwnFactor: sql<boolean>`not ${hasFactor(null)}`.as("has_own_factor"),
      score: ofUsers.score,
      count: sql<number>`sum(${ofUsers.logins})::int`,
      attempts: sql<number>`sum(${ofUsers.attempts})::int`,
      oldest: sql<Date>`min(${ofUsers.oldest})`.mapWith(loginAttempts.occurredAt),
    })
    .from(ofUsers)
    .innerJoin(users, eq(users.id, ofUsers.userId))
    .groupBy(sql`1, 2, 3, 4`);
  const oldest = rows.map((row) => row.oldest.getTime());
  return {
    groups: rows.map(({ isOperator, mustEnrol, hasOwnFactor, score, count: logins }) => ({
      ...{ isOperator, mustEnrol, hasOwnFactor, score },
      count: logins,
    })),
    since: oldest.length > 0 ? new Date(Math.min(...oldest)) : null,
    total: rows.reduce((sum, { attempts }) => sum + attempts, 0),
  };
};

/** Counts the tenant's active users without TOTP and passkeys. */
export const countUsersWithoutFactor = (db: Db, tenantId: TenantId): Promise<UserGroup[]> =>
  db
    .select({ ...traits, count: sql<number>`count(*)::int` })
    .from(users)
    .where(and(eq(users.tenantId, tenantId), eq(users.status, "ACTIVE"), hasFactor(null)))
    .groupBy(sql`1, 2`);

/** Counts the active members without TOTP and passkeys whose home is another tenant. */
export const countGuestsWithoutFactor = async (db: Db, tenantId: TenantId): Promise<number> => {
  const [row] = await db
    .select({ count: sql<number>`count(*)::int` })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(
      and(
        eq(memberships.tenantId, tenantId),
        eq(memberships.status, "ACTIVE"),
        ne(users.tenantId, tenantId),
        hasFactor(null),
      ),
    );
  return row?.count ?? 0;
};

/** Counts the users by their number of live sessions. */
export const countUsersBySessions = (db: Db, tenantId: TenantId, now: Date): Promise<PolicyFacts["sessions"]> => {
  const ofUsers = db
    .select({ userId: sessions.userId, sessionCount: sql<number>`count(*)::int`.as("session_count") })
    .from(sessions)
    .where(and(eq(sessions.tenantId, tenantId), isActiveAt(now)))
    .groupBy(sessions.userId)
    .as("of_users");
  return db
    .select({ sessionCount: ofUsers.sessionCount, userCount: sql<number>`count(*)::int` })
    .from(ofUsers)
    .groupBy(ofUsers.sessionCount);
};

/** Counts the password changes of the tenant's users since then. */
export const countPasswordChanges = async (db: Db, tenantId: TenantId, since: Date): Promise<number> => {
  const [row] = await db
    .select({ count: sql<number>`count(*)::int` })
    .from(securityEvents)
    .where(
      and(
        eq(securityEvents.tenantId, tenantId),
        eq(securityEvents.type, "PASSWORD_CHANGED"),
        inPeriod(securityEvents.id, { from: since }, securityEvents.occurredAt),
      ),
    );
  return row?.count ?? 0;
};

/** Counts the tenant's registrations since then. */
export const countRegistrations = async (db: Db, tenantId: TenantId, since: Date): Promise<number> => {
  const [row] = await db
    .select({ count: sql<number>`count(*)::int` })
    .from(registrations)
    .where(and(eq(registrations.tenantId, tenantId), gte(registrations.requestedAt, since)));
  return row?.count ?? 0;
};
