import { and, eq, inArray, notInArray, sql } from "drizzle-orm";
import { lockTenant } from "#features/tenants/index";
import type { Db } from "#platform/database/database";
import { prepared } from "#platform/database/prepared";
import { inScope } from "#platform/database/scope";
import type { TenantScope } from "#shared/access-policy";
import type { TenantId, UserId } from "#shared/ids";
import { UNVERIFIED } from "./users.policy.ts";
import { users } from "./users.table.ts";

export type User = typeof users.$inferSelect;
export type NewUser = typeof users.$inferInsert;

const selectById = prepared((db) =>
  db
    .select()
    .from(users)
    .where(eq(users.id, sql.placeholder("id")))
    .prepare("find_user"),
);

/** Returns the user with this id. */
export const findUserById = async (db: Db, id: UserId): Promise<User | null> => {
  const [row] = await selectById(db, { id });
  return row ?? null;
};

/** Returns the user with this canonical address. */
export const findUserByEmail = async (db: Db, emailCanonical: string): Promise<User | null> => {
  const [row] = await db.select().from(users).where(eq(users.emailCanonical, emailCanonical));
  return row ?? null;
};

/** Returns the user with this canonical username. */
export const findUserByUsername = async (db: Db, usernameCanonical: string): Promise<User | null> => {
  const [row] = await db.select().from(users).where(eq(users.usernameCanonical, usernameCanonical));
  return row ?? null;
};

/** Returns the users with these ids, unordered. */
export const listUsersByIds = (db: Db, ids: readonly UserId[]): Promise<User[]> =>
  db
    .select()
    .from(users)
    .where(inArray(users.id, [...ids]));

/** SQL condition: the row is a user, and not a registration or an invitation of an earlier version. */
export const isUser = notInArray(users.status, [...UNVERIFIED]);

/** Returns the users with these ids that are within the scope, unordered. */
export const listUsersInScope = (db: Db, scope: TenantScope, ids: readonly UserId[]): Promise<User[]> =>
  db
    .select()
    .from(users)
    .where(and(inArray(users.id, [...ids]), inScope(users.tenantId, scope), isUser));

/** Inserts the user; null if the address or username is taken, possibly by a concurrent caller. */
export const insertUser = async (db: Db, user: NewUser): Promise<User | null> => {
  const [row] = await db.insert(users).values(user).onConflictDoNothing().returning();
  return row ?? null;
};

/** Updates the user. A taken address or username throws its constraint violation. */
export const updateUser = async (db: Db, id: UserId, changes: Partial<NewUser>): Promise<User | null> => {
  const [row] = await db.update(users).set(changes).where(eq(users.id, id)).returning();
  return row ?? null;
};

/** Deletes the user and, by foreign keys, all their data: sessions, devices, password, links. */
export const deleteUser = async (db: Db, id: UserId): Promise<number> =>
  (await db.delete(users).where(eq(users.id, id)).returning({ id: users.id })).length;

/** Locks the user's row until the transaction ends, so that decisions about the user run one after the other. */
export const findUserForUpdate = async (db: Db, id: UserId): Promise<User | null> => {
  const [row] = await db.select().from(users).where(eq(users.id, id)).for("update");
  return row ?? null;
};

/** Locks the rows of these users by ascending id, as required by `LOCK_ORDER`. @returns the existing ones */
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
 * Locks the user's tenant and then the user, as required by `LOCK_ORDER`, for decisions that depend on the tenant's other users. If
 * two admins leave concurrently, the second one finds that they are the last.
 */
export const findUserInTenantForUpdate = async (
  db: Db,
  { id, tenantId }: { readonly id: UserId; readonly tenantId: TenantId },
): Promise<User | null> => {
  await lockTenant(db, tenantId);
  return findUserForUpdate(db, id);
};
