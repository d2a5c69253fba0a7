import { and, eq, inArray, notInArray, sql } from "drizzle-orm";
import { lockTenant } from "#features/tenants/index";
import type { Db } from "#platform/database/database";
import { inScope } from "#platform/database/scope";
import { statement } from "#platform/database/statement";
import type { TenantId, UserId } from "#shared/ids";
import type { TenantScope } from "#shared/visibility";
import { UNPROVED } from "./users.policy.ts";
import { users } from "./users.table.ts";

export type User = typeof users.$inferSelect;
export type NewUser = typeof users.$inferInsert;

const selectById = statement((db) =>
  db
    .select()
    .from(users)
    .where(eq(users.id, sql.placeholder("id")))
    .prepare("find_user"),
);

/** The user with this id. */
export const findUserById = async (db: Db, id: UserId): Promise<User | null> => {
  const [row] = await selectById(db, { id });
  return row ?? null;
};

/** The user whose address has this canonical spelling. */
export const findUserByEmail = async (db: Db, emailCanonical: string): Promise<User | null> => {
  const [row] = await db.select().from(users).where(eq(users.emailCanonical, emailCanonical));
  return row ?? null;
};

/** The user whose name has this canonical spelling. */
export const findUserByUsername = async (db: Db, usernameCanonical: string): Promise<User | null> => {
  const [row] = await db.select().from(users).where(eq(users.usernameCanonical, usernameCanonical));
  return row ?? null;
};

/** The users with these ids, in no order. */
export const listUsersByIds = (db: Db, ids: readonly UserId[]): Promise<User[]> =>
  db
    .select()
    .from(users)
    .where(inArray(users.id, [...ids]));

/** The condition that a row is a user, and not what an earlier version made of a registration or an invitation. */
export const isUser = notInArray(users.status, [...UNPROVED]);

/** Those of the users with these ids that one of these tenants has, in no order. */
export const listUsersInScope = (db: Db, scope: TenantScope, ids: readonly UserId[]): Promise<User[]> =>
  db
    .select()
    .from(users)
    .where(and(inArray(users.id, [...ids]), inScope(users.tenantId, scope), isUser));

/** Inserts the user, or answers null where the address or username is taken: by then a parallel caller may have it. */
export const insertUser = async (db: Db, user: NewUser): Promise<User | null> => {
  const [row] = await db.insert(users).values(user).onConflictDoNothing().returning();
  return row ?? null;
};

/** Changes the user. A taken address or username throws the violation of its constraint. */
export const updateUser = async (db: Db, id: UserId, changes: Partial<NewUser>): Promise<User | null> => {
  const [row] = await db.update(users).set(changes).where(eq(users.id, id)).returning();
  return row ?? null;
};

/** Deletes the user, and by foreign keys all that is the user's: sessions, devices, password, links. */
export const deleteUser = async (db: Db, id: UserId): Promise<number> =>
  (await db.delete(users).where(eq(users.id, id)).returning({ id: users.id })).length;

/** Locks the user's row until the transaction ends, so that decisions about the user are made one after the other. */
export const findUserForUpdate = async (db: Db, id: UserId): Promise<User | null> => {
  const [row] = await db.select().from(users).where(eq(users.id, id)).for("update");
  return row ?? null;
};

/** Locks the rows of these users by ascending id, as `LOCK_ORDER` says. @returns those that are there */
export const lockUsers = async (db: Db, ids: readonly UserId[]): Promise<Map<UserId, User>> => {
  const rows = await db
    .select()
    .from(users)
    .where(inArray(users.id, [...ids]))
    .orderBy(users.id)
    .for("update");
  return new Map(rows.map((row) => [row.id, row]));
};

/**
 * Locks the user's tenant and then the user, as `LOCK_ORDER` says: for what is decided by who else belongs to the tenant. Of
 * two admins who leave at the same moment, each relying on the other, the second one finds that they are the last.
 */
export const findUserInTenantForUpdate = async (
  db: Db,
  { id, tenantId }: { readonly id: UserId; readonly tenantId: TenantId },
): Promise<User | null> => {
  await lockTenant(db, tenantId);
  return findUserForUpdate(db, id);
};
