import { eq, type SQL, sql } from "drizzle-orm";
import { tenants } from "#features/tenants/index";
import { users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { TenantId, UserId } from "#shared/ids";
import { memberships } from "./memberships.table.ts";

/** Whether a user may work in the home tenant: it may be suspended, or the membership in it may be suspended or gone. */
export type HomeStatus = "ACTIVE" | "TENANT_SUSPENDED" | "NOT_A_MEMBER";

/** The status of a user's home: a column of a select from users and their home tenants. */
export const homeStatus = sql<HomeStatus>`case
  when ${tenants.status} <> 'ACTIVE' then 'TENANT_SUSPENDED'
  when exists (select from ${memberships} held
    where held.user_id = ${users.id} and held.tenant_id = ${users.tenantId} and held.status = 'ACTIVE') then 'ACTIVE'
  else 'NOT_A_MEMBER' end`;

/** The status of this user's home. */
export const findHomeStatus = async (db: Db, userId: UserId): Promise<HomeStatus> => {
  const [row] = await db
    .select({ homeStatus })
    .from(users)
    .innerJoin(tenants, eq(tenants.id, users.tenantId))
    .where(eq(users.id, userId));
  return row?.homeStatus ?? "NOT_A_MEMBER";
};

/** The users whose home is ACTIVE: a condition of a statement about users. */
export const inUsableHome: SQL = sql`exists (
  select from ${memberships} held join ${tenants} home on home.id = held.tenant_id
  where held.user_id = ${users.id} and held.tenant_id = ${users.tenantId} and held.status = 'ACTIVE' and home.status = 'ACTIVE')`;

/**
 * Moves the home of users who may not work in it to their oldest membership that is usable; where there is none the home stays,
 * and the user cannot log in. Called in the transaction that made a membership or tenant usable or unusable.
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
      select held.tenant_id from ${memberships} held join ${tenants} home on home.id = held.tenant_id
      where held.user_id = ${users.id} and held.status = 'ACTIVE' and home.status = 'ACTIVE'
      order by held.joined_at, held.id limit 1) oldest
    where ${concerned} and not ${inUsableHome}`);
};
