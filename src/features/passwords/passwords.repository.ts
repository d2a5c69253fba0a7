import { and, eq, inArray, sql } from "drizzle-orm";
import type { Db } from "../../platform/database/database.ts";
import { statement } from "../../platform/database/statement.ts";
import type { UserId } from "../../shared/ids.ts";
import { passwords } from "./passwords.table.ts";

export type PasswordRow = typeof passwords.$inferSelect;

const selectByUser = statement((db) =>
  db
    .select()
    .from(passwords)
    .where(eq(passwords.userId, sql.placeholder("userId")))
    .prepare("find_password"),
);

/** The user's password, or null where none is set. */
export const findPassword = async (db: Db, userId: UserId): Promise<PasswordRow | null> => {
  const [row] = await selectByUser(db, { userId });
  return row ?? null;
};

/** Which of these users have a password. */
export const listUsersWithPassword = async (db: Db, userIds: readonly UserId[]): Promise<UserId[]> => {
  const rows = await db
    .select({ userId: passwords.userId })
    .from(passwords)
    .where(inArray(passwords.userId, [...userIds]));
  return rows.map(({ userId }) => userId);
};

/** Inserts the first password of a user, or answers false where there is one by now. */
export const insertPassword = async (db: Db, row: PasswordRow): Promise<boolean> =>
  (await db.insert(passwords).values(row).onConflictDoNothing().returning({ userId: passwords.userId })).length > 0;

/** Makes this the user's password, whatever was before. */
export const upsertPassword = async (db: Db, { userId, tenantId, hash, changedAt }: PasswordRow): Promise<void> => {
  await db
    .insert(passwords)
    .values({ userId, tenantId, hash, changedAt })
    .onConflictDoUpdate({ target: passwords.userId, set: { tenantId, hash, changedAt } });
};

/** Puts another hash in the place of `oldHash`, or answers false where that is no longer the user's. */
export const updatePasswordHash = async (
  db: Db,
  userId: UserId,
  oldHash: string,
  newHash: string,
  changedAt?: Date,
): Promise<boolean> => {
  const rows = await db
    .update(passwords)
    .set({ hash: newHash, ...(changedAt && { changedAt }) })
    .where(and(eq(passwords.userId, userId), eq(passwords.hash, oldHash)))
    .returning({ userId: passwords.userId });
  return rows.length > 0;
};
