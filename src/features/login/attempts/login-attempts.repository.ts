import { and, asc, eq, gt, gte, inArray, isNull, like, not, type SQL, sql } from "drizzle-orm";
import { users } from "#features/users/index";
import type { ChildList } from "#platform/database/child-pages";
import type { Db } from "#platform/database/database";
import { prepared } from "#platform/database/prepared";
import { inScope } from "#platform/database/scope";
import { countUpToMax, inPeriod, inSlice, sliceOrder } from "#platform/database/slices";
import { isStorable, timeOfId } from "#platform/ids";
import type { TenantScope } from "#shared/access-policy";
import type { LoginAttemptId, UserId } from "#shared/ids";
import type { Period, Slice } from "#shared/paging";
import type { RiskLevel } from "#shared/risk";
import type { LoginOutcome } from "../flow/login.policy.ts";
import { loginAttempts } from "./login-attempts.table.ts";

export type LoginAttempt = typeof loginAttempts.$inferSelect;

const { placeholder } = sql;

const insert = prepared((db) =>
  db
    .insert(loginAttempts)
    .values({
      id: placeholder("id"),
      occurredAt: placeholder("occurredAt"),
      tenantId: placeholder("tenantId"),
      userId: placeholder("userId"),
      identifier: placeholder("identifier"),
      outcome: placeholder("outcome"),
      risk: placeholder("risk"),
      ipAddress: placeholder("ipAddress"),
      device: placeholder("device"),
      location: placeholder("location"),
    })
    .prepare("insert_login_attempt"),
);

/** Inserts the outcome of an attempt. */
export const insertLoginAttempt = async (db: Db, attempt: LoginAttempt): Promise<void> => {
  await insert(db, { ...attempt });
};

export interface LoginAttemptQuery {
  readonly scope: TenantScope;
  readonly userId: UserId | null;
  readonly outcome: LoginOutcome | null;
  readonly riskLevel: RiskLevel | null;
  readonly ipAddress: string | null;
  readonly occurredAt: Period;
}

/** The attempts within the scope, newest first. Those with an unknown identifier have no tenant, so only "ALL" includes them. */
export const listLoginAttempts = (db: Db, query: LoginAttemptQuery, slice: Slice): Promise<LoginAttempt[]> =>
  db
    .select()
    .from(loginAttempts)
    .where(and(wanted(query), inSlice(loginAttempts.id, slice)))
    .orderBy(sliceOrder(loginAttempts.id, slice))
    .limit(slice.limit);

/** The same attempts, as a list per user or per tenant. */
export const loginAttemptsOf = (db: Db, parent: "userId" | "tenantId", query: LoginAttemptQuery): ChildList => ({
  parent: loginAttempts[parent],
  id: loginAttempts.id,
  rows: (condition) =>
    db
      .select()
      .from(loginAttempts)
      .where(and(condition, wanted(query)))
      .$dynamic(),
});

/** Counts the attempts, up to MAX_COUNT + 1. */
export const countLoginAttempts = (db: Db, query: LoginAttemptQuery): Promise<number> =>
  countUpToMax(db, loginAttempts, wanted(query));

const wanted = ({ scope, userId, outcome, riskLevel, ipAddress, occurredAt }: LoginAttemptQuery): SQL | undefined =>
  and(
    inScope(loginAttempts.tenantId, scope),
    userId ? eq(loginAttempts.userId, userId) : undefined,
    outcome ? eq(loginAttempts.outcome, outcome) : undefined,
    riskLevel ? sql`${loginAttempts.risk} ->> 'level' = ${riskLevel}` : undefined,
    ipAddress ? eq(loginAttempts.ipAddress, ipAddress) : undefined,
    inPeriod(loginAttempts.id, occurredAt, loginAttempts.occurredAt),
  );

/**
 * The condition that a row of `users` had an attempt since then with at least this risk, in a tenant within the scope. The levels
 * are literals in the statement, because with a parameter Postgres would not use the index of risky attempts.
 */
export const hadRiskyAttempt = (
  db: Db,
  {
    atLeast,
    since,
    scope,
  }: { readonly atLeast: "ELEVATED" | "HIGH"; readonly since: Date; readonly scope: TenantScope },
): SQL =>
  inArray(
    users.id,
    db
      .select({ id: loginAttempts.userId })
      .from(loginAttempts)
      .where(
        and(
          inScope(loginAttempts.tenantId, scope),
          gte(loginAttempts.occurredAt, since),
          sql`${loginAttempts.risk} ->> 'level' in ('ELEVATED', 'HIGH')`,
          atLeast === "HIGH" ? sql`${loginAttempts.risk} ->> 'level' = 'HIGH'` : undefined,
        ),
      ),
  );

/** The attempt with this id, if it is within the scope. The id contains its month, so only one partition is read. */
export const findLoginAttempt = async (
  db: Db,
  scope: TenantScope,
  id: LoginAttemptId,
): Promise<LoginAttempt | null> => {
  const occurredAt = timeOfId(id);
  if (!isStorable(occurredAt)) return null;
  const [row] = await db
    .select()
    .from(loginAttempts)
    .where(
      and(eq(loginAttempts.id, id), eq(loginAttempts.occurredAt, occurredAt), inScope(loginAttempts.tenantId, scope)),
    );
  return row ?? null;
};

/** An attempt whose identifier matched no user. */
export type UnknownAttempt = Pick<LoginAttempt, "id" | "occurredAt" | "identifier">;

/** The next attempts whose identifier matched no user and is not digested yet, in the order of their ids. */
export const listUndigestedAttempts = (
  db: Db,
  { after, digestPrefix, limit }: { after: LoginAttemptId | null; digestPrefix: string; limit: number },
): Promise<UnknownAttempt[]> =>
  db
    .select({ id: loginAttempts.id, occurredAt: loginAttempts.occurredAt, identifier: loginAttempts.identifier })
    .from(loginAttempts)
    .where(
      and(
        isNull(loginAttempts.userId),
        not(like(loginAttempts.identifier, `${digestPrefix}%`)),
        after ? gt(loginAttempts.id, after) : undefined,
      ),
    )
    .orderBy(asc(loginAttempts.id))
    .limit(limit);

/** Replaces the identifiers of these attempts. Their instants determine the partitions, so no others are read. */
export const updateIdentifiers = async (db: Db, attempts: readonly UnknownAttempt[]): Promise<void> => {
  const rows = sql.join(
    attempts.map(
      ({ id, occurredAt, identifier }) =>
        sql`(${id}::uuid, ${occurredAt.toISOString()}::timestamptz, ${identifier}::text)`,
    ),
    sql`, `,
  );
  await db.execute(sql`
    update ${loginAttempts} set identifier = digested.identifier
    from (values ${rows}) as digested (id, occurred_at, identifier)
    where ${loginAttempts.id} = digested.id and ${loginAttempts.occurredAt} = digested.occurred_at`);
};

/** Deletes the attempts on a deleted user, with their addresses and identifiers. */
export const deleteLoginAttempts = async (db: Db, userId: UserId): Promise<number> =>
  (await db.delete(loginAttempts).where(eq(loginAttempts.userId, userId)).returning({ id: loginAttempts.id })).length;
