import { and, asc, count, eq, exists, getTableColumns, inArray, ne, type SQL, sql } from "drizzle-orm";
import { isUser, type User, users } from "#features/users/index";
import type { ChildList } from "#platform/database/child-pages";
import type { Db } from "#platform/database/database";
import { inScope } from "#platform/database/scope";
import { inPeriod } from "#platform/database/slices";
import type { TenantScope } from "#shared/access-policy";
import type { MembershipId, RoleId, TenantId, UserId } from "#shared/ids";
import type { HeldMembership, MembershipStatus } from "#shared/memberships";
import type { Period } from "#shared/paging";
import { heldMemberships } from "./held-memberships.ts";
import { membershipRoles, memberships, roles } from "./memberships.table.ts";

export type MembershipRow = typeof memberships.$inferSelect;
export type RoleRow = typeof roles.$inferSelect;

/** A membership with the displayed fields of its user. */
export type Member = MembershipRow & Pick<User, "email" | "name"> & { readonly homeTenantId: TenantId };

const memberColumns = {
  ...getTableColumns(memberships),
  email: users.email,
  name: users.name,
  // Aliased, so that an outer query can distinguish it from the membership's column.
  homeTenantId: sql<TenantId>`${users.tenantId}`.as("home_tenant_id"),
};

const selectMembers = (db: Db, condition: SQL | undefined) =>
  db
    .select(memberColumns)
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(and(condition, isUser));

/** The membership with this id. */
export const findMemberById = async (db: Db, id: MembershipId): Promise<Member | null> => {
  const [row] = await selectMembers(db, eq(memberships.id, id));
  return row ?? null;
};

/** The user's membership in this tenant. */
export const findMember = async (db: Db, userId: UserId, tenantId: TenantId): Promise<Member | null> => {
  const [row] = await selectMembers(db, and(eq(memberships.userId, userId), eq(memberships.tenantId, tenantId)));
  return row ?? null;
};

/** The memberships of these users, the oldest first. */
export const listMembersOfUsers = (db: Db, userIds: readonly UserId[]): Promise<Member[]> =>
  selectMembers(db, inArray(memberships.userId, [...userIds])).orderBy(asc(memberships.joinedAt), asc(memberships.id));

export interface MemberQuery {
  readonly status: MembershipStatus | null;
  readonly roleId: RoleId | null;
  readonly joinedAt: Period;
}

/** The condition that a row of `users` has this role, if the role's tenant is within the scope. */
export const hasRoleInScope = (db: Db, roleId: RoleId, scope: TenantScope): SQL =>
  inArray(
    users.id,
    db
      .select({ id: memberships.userId })
      .from(membershipRoles)
      .innerJoin(memberships, eq(memberships.id, membershipRoles.membershipId))
      .where(and(eq(membershipRoles.roleId, roleId), inScope(memberships.tenantId, scope))),
  );

/** The members of tenants. */
export const membersOfTenants = (db: Db, query: MemberQuery): ChildList => ({
  parent: memberships.tenantId,
  id: memberships.id,
  rows: (condition) => selectMembers(db, and(condition, membersWanted(db, query))).$dynamic(),
});

const membersWanted = (db: Db, { status, roleId, joinedAt }: MemberQuery): SQL | undefined => {
  const holders = (role: RoleId) =>
    exists(
      db
        .select({ id: membershipRoles.roleId })
        .from(membershipRoles)
        .where(and(eq(membershipRoles.membershipId, memberships.id), eq(membershipRoles.roleId, role))),
    );
  return and(
    status ? eq(memberships.status, status) : undefined,
    roleId ? holders(roleId) : undefined,
    inPeriod(memberships.id, joinedAt),
  );
};

/** Locks the membership's row until the transaction ends. The caller must have locked its tenant and user. */
export const lockMembership = async (db: Db, id: MembershipId): Promise<MembershipRow | null> => {
  const [row] = await db.select().from(memberships).where(eq(memberships.id, id)).for("update");
  return row ?? null;
};

/** Inserts a membership with MEMBER and these roles; null if the user is already a member. */
export const insertMembership = async (
  db: Db,
  membership: Omit<MembershipRow, "entryBlockedUntil"> & Partial<Pick<MembershipRow, "entryBlockedUntil">>,
  roleIds: readonly RoleId[],
): Promise<MembershipRow | null> => {
  const [row] = await db.insert(memberships).values(membership).onConflictDoNothing().returning();
  if (row === undefined) return null;
  await updateMembershipRoles(db, row, roleIds);
  return row;
};

/** Sets the membership's roles to exactly these of its tenant, plus MEMBER. */
export const updateMembershipRoles = async (
  db: Db,
  { id, tenantId }: Pick<MembershipRow, "id" | "tenantId">,
  roleIds: readonly RoleId[],
): Promise<void> => {
  const wanted = db
    .select({ id: roles.id })
    .from(roles)
    .where(and(eq(roles.tenantId, tenantId), sql`(${roles.builtIn} = 'MEMBER' or ${inArray(roles.id, [...roleIds])})`));
  await db
    .delete(membershipRoles)
    .where(and(eq(membershipRoles.membershipId, id), sql`${membershipRoles.roleId} not in ${wanted}`));
  await db.execute(sql`
    insert into ${membershipRoles} (membership_id, role_id)
    select ${id}::uuid, wanted.id from ${wanted} as wanted on conflict do nothing`);
};

/** Records the inviter of the user. */
export const updateMembershipInviter = async (db: Db, id: MembershipId, invitedBy: UserId | null): Promise<void> => {
  await db.update(memberships).set({ invitedBy }).where(eq(memberships.id, id));
};

/** Changes the status. */
export const updateMembershipStatus = async (db: Db, id: MembershipId, status: MembershipStatus): Promise<void> => {
  await db.update(memberships).set({ status }).where(eq(memberships.id, id));
};

/** Deletes the membership with its roles. */
export const deleteMembership = async (db: Db, id: MembershipId): Promise<number> =>
  (await db.delete(memberships).where(eq(memberships.id, id)).returning({ id: memberships.id })).length;

/** All memberships of the user, in the form that a token check reads. */
export const findHeldMemberships = async (db: Db, userId: UserId): Promise<readonly HeldMembership[]> => {
  const [row] = await db
    .select({ held: heldMemberships(sql`"users"."id"`) })
    .from(users)
    .where(eq(users.id, userId));
  return row?.held ?? [];
};

/** The roles of these memberships, MEMBER first. */
export const listRolesOfMemberships = (
  db: Db,
  ids: readonly MembershipId[],
): Promise<{ membershipId: MembershipId; role: RoleRow }[]> =>
  db
    .select({ membershipId: membershipRoles.membershipId, role: roles })
    .from(membershipRoles)
    .innerJoin(roles, eq(roles.id, membershipRoles.roleId))
    .where(inArray(membershipRoles.membershipId, [...ids]))
    .orderBy(...ROLE_ORDER);

/** The order of roles in tokens: MEMBER, ADMIN, then by name. */
const ROLE_ORDER = [sql`${roles.builtIn} desc nulls last`, sql`lower(${roles.name})`];

/** The roles of these tenants. */
export const listRolesOfTenants = (db: Db, ids: readonly TenantId[]): Promise<RoleRow[]> =>
  db
    .select()
    .from(roles)
    .where(inArray(roles.tenantId, [...ids]))
    .orderBy(...ROLE_ORDER);

/** The roles with these ids, in no particular order. */
export const listRolesByIds = (db: Db, ids: readonly RoleId[]): Promise<RoleRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : db
        .select()
        .from(roles)
        .where(inArray(roles.id, [...ids]));

/** Memberships that hold the role, at most this many. */
export const listHoldersOfRole = (db: Db, id: RoleId, limit: number): Promise<Pick<MembershipRow, "id" | "userId">[]> =>
  db
    .select({ id: memberships.id, userId: memberships.userId })
    .from(membershipRoles)
    .innerJoin(memberships, eq(memberships.id, membershipRoles.membershipId))
    .where(eq(membershipRoles.roleId, id))
    .limit(limit);

/** Inserts the role; null if the tenant already has one with that name. */
export const insertRole = async (db: Db, role: RoleRow): Promise<RoleRow | null> => {
  const [row] = await db.insert(roles).values(role).onConflictDoNothing().returning();
  return row ?? null;
};

/** Changes a role that the tenant created. Throws the constraint violation if the name is taken. */
export const updateRole = async (
  db: Db,
  id: RoleId,
  changes: Partial<Pick<RoleRow, "name" | "description" | "permissions">>,
): Promise<RoleRow | null> => {
  const [row] = await db.update(roles).set(changes).where(eq(roles.id, id)).returning();
  return row ?? null;
};

/** Deletes a role; its holders keep their other roles. */
export const deleteRole = async (db: Db, id: RoleId): Promise<number> =>
  (await db.delete(roles).where(eq(roles.id, id)).returning({ id: roles.id })).length;

/** The number of roles of the tenant. */
export const countRoles = async (db: Db, tenantId: TenantId): Promise<number> => {
  const [row] = await db.select({ roles: count() }).from(roles).where(eq(roles.tenantId, tenantId));
  return row?.roles ?? 0;
};

/** Whether the user is a member of another tenant than the home tenant. */
export const hasOtherMemberships = async (
  db: Db,
  { id, tenantId }: Pick<User, "id" | "tenantId">,
): Promise<boolean> => {
  const rows = await db
    .select({ id: memberships.id })
    .from(memberships)
    .where(and(eq(memberships.userId, id), ne(memberships.tenantId, tenantId)))
    .limit(1);
  return rows.length > 0;
};

/** The tenant's active admins: the membership and the user are active. */
export const listActiveAdmins = async (db: Db, tenantId: TenantId): Promise<User[]> => {
  const rows = await selectAdmins(db, tenantId);
  return rows.map(({ user }) => user);
};

/** Whether the tenant has another active ADMIN than this user. The caller must have locked the tenant. */
export const hasOtherActiveAdmin = async (
  db: Db,
  { id, tenantId }: { readonly id: UserId; readonly tenantId: TenantId },
): Promise<boolean> => (await selectAdmins(db, tenantId, ne(users.id, id)).limit(1)).length > 0;

/** The tenants in which the user holds ADMIN, in lock order. */
export const listTenantsAdministeredBy = async (db: Db, userId: UserId): Promise<TenantId[]> => {
  const rows = await db
    .select({ tenantId: memberships.tenantId })
    .from(memberships)
    .innerJoin(membershipRoles, eq(membershipRoles.membershipId, memberships.id))
    .innerJoin(roles, and(eq(roles.id, membershipRoles.roleId), eq(roles.builtIn, "ADMIN")))
    .where(and(eq(memberships.userId, userId), eq(memberships.status, "ACTIVE")))
    .orderBy(asc(memberships.tenantId));
  return rows.map(({ tenantId }) => tenantId);
};

/** Whether the tenant has other members than this user. */
export const hasOtherMembers = async (
  db: Db,
  { id, tenantId }: { readonly id: UserId; readonly tenantId: TenantId },
): Promise<boolean> =>
  (await selectMembers(db, and(eq(memberships.tenantId, tenantId), ne(memberships.userId, id))).limit(1)).length > 0;

const selectAdmins = (db: Db, tenantId: TenantId, others?: SQL) =>
  db
    .select({ user: users })
    .from(roles)
    .innerJoin(membershipRoles, eq(membershipRoles.roleId, roles.id))
    .innerJoin(memberships, and(eq(memberships.id, membershipRoles.membershipId), eq(memberships.status, "ACTIVE")))
    .innerJoin(users, and(eq(users.id, memberships.userId), eq(users.status, "ACTIVE")))
    .where(and(eq(roles.tenantId, tenantId), eq(roles.builtIn, "ADMIN"), others));
