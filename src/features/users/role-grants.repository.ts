import { inArray, max, sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import type { SessionId, UserId } from "#shared/ids";
import type { Role } from "#shared/roles";
import { roleGrants } from "./role-grants.table.ts";
import type { User } from "./users.repository.ts";

/** The granter of a role: a user, possibly in a session, or null for the command line and the onboarding. */
export interface Granter {
  readonly userId: UserId | null;
  readonly sessionId?: SessionId | null;
}

export interface RolesGiven {
  readonly user: Pick<User, "id" | "tenantId">;
  readonly roles: readonly Role[];
  readonly by: Granter;
}

/**
 * Records that users got these roles, in the transaction that grants them. A membership without a granter is not recorded, because
 * most people register by themselves.
 */
export const insertRoleGrants = async (db: Db, given: readonly RolesGiven[], grantedAt: Date): Promise<void> => {
  const rows = given.flatMap(({ user, roles, by: { userId: grantedBy, sessionId } }) =>
    roles
      .filter((role) => role !== "USER" || grantedBy !== null)
      .map((role) => ({
        userId: user.id,
        tenantId: user.tenantId,
        role,
        grantedBy,
        grantedBySession: sessionId ?? null,
        grantedAt,
      })),
  );
  if (rows.length > 0) await db.insert(roleGrants).values(rows).onConflictDoNothing();
};

/** The latest grant of a role to a user. */
export interface LatestGrant {
  readonly userId: UserId;
  readonly role: Role;
  readonly grantedAt: Date;
}

/** Returns the latest grant of each role of these users, unordered. */
export const listLatestGrants = async (db: Db, userIds: readonly UserId[]): Promise<LatestGrant[]> => {
  const { role, userId } = roleGrants;
  const rows = await db
    .select({ userId, role, grantedAt: max(roleGrants.grantedAt) })
    .from(roleGrants)
    .where(inArray(userId, [...userIds]))
    .groupBy(userId, role);
  return rows.flatMap(({ grantedAt, ...row }) => (grantedAt === null ? [] : [{ ...row, grantedAt }]));
};

/** Returns, for each of these users, all users who ever gave them membership or roles, directly or through others. */
export const listGranters = async (db: Db, userIds: readonly UserId[]): Promise<Map<UserId, Set<UserId>>> => {
  const granters = new Map(userIds.map((id) => [id, new Set<UserId>()]));
  if (userIds.length === 0) return granters;
  const roots = sql.join(
    userIds.map((id) => sql`(${id}::uuid)`),
    sql`, `,
  );
  const rows = await db.execute<{ root: UserId; id: UserId }>(sql`
    with recursive granters (root, id) as (
      select root, root from (values ${roots}) as roots (root)
      union
      select g.root, r.granted_by from granters g join ${roleGrants} r on r.user_id = g.id where r.granted_by is not null
    )
    select root, id from granters where id <> root`);
  for (const { root, id } of rows) granters.get(root)?.add(id);
  return granters;
};
