import { and, asc, eq, inArray, type SQL, sql } from "drizzle-orm";
import { tenants } from "#features/tenants/index";
import { users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { LOCKS } from "#platform/database/locks";
import type { TenantId, UserId } from "#shared/ids";
import { memberships, tenantDomains } from "./memberships.table.ts";

/** Whether a user has access to the home tenant. The tenant may be suspended, or the membership in it suspended or missing. */
export type HomeStatus = "ACTIVE" | "TENANT_SUSPENDED" | "NOT_A_MEMBER";

/** The memberships (`held`) that give access, as defined by `isUsable` (shared/memberships.ts). */
const usable = sql`${memberships} held join ${tenants} home on home.id = held.tenant_id and held.status = 'ACTIVE' and home.status = 'ACTIVE'`;

/** The users with access to their home tenant: a condition for statements about users. */
export const inUsableHome: SQL = sql`exists (
  select from ${usable} where held.user_id = ${users.id} and held.tenant_id = ${users.tenantId})`;

/** The users in `inUsableHome` whose entry is not blocked after a reset of their factors, not even until an instant in the past. */
export const inOpenHome: SQL = sql`exists (
  select from ${usable}
  where held.user_id = ${users.id} and held.tenant_id = ${users.tenantId} and held.entry_blocked_until is null)`;

/** The status of a user's home: a column for selects from users and their home tenants. */
export const homeStatus = sql<HomeStatus>`case
  when ${inUsableHome} then 'ACTIVE' when ${tenants.status} <> 'ACTIVE' then 'TENANT_SUSPENDED' else 'NOT_A_MEMBER' end`;

/** The status of this user's home. */
export const findHomeStatus = async (db: Db, userId: UserId): Promise<HomeStatus> => {
  const [row] = await db
    .select({ homeStatus })
    .from(users)
    .innerJoin(tenants, eq(tenants.id, users.tenantId))
    .where(eq(users.id, userId));
  return row?.homeStatus ?? "NOT_A_MEMBER";
};

/**
 * Starts a transaction that will move homes, before it locks rows. Transactions that suspend memberships of different users run
 * concurrently. One that suspends a tenant waits for them, and they wait for it.
 */
export const lockHomes = async (db: Db, of: "ONE_USER" | "ALL_MEMBERS"): Promise<void> => {
  await db.execute(
    of === "ALL_MEMBERS"
      ? sql`select pg_advisory_xact_lock(${LOCKS.homes})`
      : sql`select pg_advisory_xact_lock_shared(${LOCKS.homes})`,
  );
};

/**
 * Moves the home of users who have no access to it to their oldest usable membership. Without one, the home stays, and the
 * user cannot log in. Called in the transaction that made a membership or tenant usable or unusable, after `lockHomes`.
 */
export const moveUnusableHomes = async (
  db: Db,
  of: { readonly userId: UserId } | { readonly membersOf: TenantId },
): Promise<void> => {
  const concerned =
    "userId" in of
      ? sql`${users.id} = ${of.userId}::uuid`
      : sql`${users.id} in (select user_id from ${memberships} where tenant_id = ${of.membersOf}::uuid)`;
  await db.execute(sql`
    select move_home(${users.id}, oldest.tenant_id)
    from ${users} cross join lateral (
      select held.tenant_id from ${usable} where held.user_id = ${users.id} order by held.joined_at, held.id limit 1) oldest
    where ${concerned} and not ${inUsableHome}`);
};

/** Moves the user's home, and with it all rows of the user that belong to it (a function of the migration `memberships`). */
export const updateHome = async (db: Db, userId: UserId, tenantId: TenantId): Promise<void> => {
  await db.execute(sql`select move_home(${userId}::uuid, ${tenantId}::uuid)`);
};

/** Whether an operator recorded that the tenant owns the domain of this address. */
export const ownsDomain = async (db: Db, tenantId: TenantId, emailCanonical: string): Promise<boolean> => {
  const domain = emailCanonical.slice(emailCanonical.lastIndexOf("@") + 1);
  const rows = await db
    .select({ domain: tenantDomains.domain })
    .from(tenantDomains)
    .where(and(eq(tenantDomains.domain, domain), eq(tenantDomains.tenantId, tenantId)));
  return rows.length > 0;
};

/** The domains that these tenants own, sorted. */
export const listDomains = (
  db: Db,
  tenantIds: readonly TenantId[],
): Promise<{ tenantId: TenantId; domain: string }[]> =>
  db
    .select({ tenantId: tenantDomains.tenantId, domain: tenantDomains.domain })
    .from(tenantDomains)
    .where(inArray(tenantDomains.tenantId, [...tenantIds]))
    .orderBy(asc(tenantDomains.domain));

/**
 * Records the tenant as the owner of the domain, unless the domain already has one.
 * @returns the owner
 */
export const insertDomain = async (db: Db, tenantId: TenantId, domain: string, recordedAt: Date): Promise<TenantId> => {
  const [row] = await db
    .insert(tenantDomains)
    .values({ domain, tenantId, recordedAt })
    .onConflictDoUpdate({ target: tenantDomains.domain, set: { domain } })
    .returning({ owner: tenantDomains.tenantId });
  if (row === undefined) throw new Error("An upsert returned no row.");
  return row.owner;
};

/** @returns whether the tenant owned the domain */
export const deleteDomain = async (db: Db, tenantId: TenantId, domain: string): Promise<boolean> => {
  const deleted = await db
    .delete(tenantDomains)
    .where(and(eq(tenantDomains.domain, domain), eq(tenantDomains.tenantId, tenantId)))
    .returning({ domain: tenantDomains.domain });
  return deleted.length > 0;
};
