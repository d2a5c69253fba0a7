import { and, eq, ne, type SQL } from "drizzle-orm";
import { type User, users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { TenantId, UserId } from "#shared/ids";
import { membershipRoles, memberships, roles } from "./memberships.table.ts";

/** The tenant's active admins: the membership and the user are active. */
export const listActiveAdmins = async (db: Db, tenantId: TenantId): Promise<User[]> => {
  const rows = await selectAdmins(db, tenantId);
  return rows.map(({ user }) => user);
};

/** Whether the tenant keeps an active ADMIN without this user. The caller has locked the tenant. */
export const hasOtherActiveAdmin = async (
  db: Db,
  { id, tenantId }: { readonly id: UserId; readonly tenantId: TenantId },
): Promise<boolean> => (await selectAdmins(db, tenantId, ne(users.id, id)).limit(1)).length > 0;

const selectAdmins = (db: Db, tenantId: TenantId, others?: SQL) =>
  db
    .select({ user: users })
    .from(roles)
    .innerJoin(membershipRoles, eq(membershipRoles.roleId, roles.id))
    .innerJoin(memberships, and(eq(memberships.id, membershipRoles.membershipId), eq(memberships.status, "ACTIVE")))
    .innerJoin(users, and(eq(users.id, memberships.userId), eq(users.status, "ACTIVE")))
    .where(and(eq(roles.tenantId, tenantId), eq(roles.builtIn, "ADMIN"), others));
