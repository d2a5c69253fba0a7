import { and, eq, gt, inArray, lt, lte, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Db } from "#platform/database/database";
import { prepared } from "#platform/database/prepared";
import type { UserId } from "#shared/ids";
import { formerPasswords, passwords } from "./passwords.table.ts";

export type PasswordRow = typeof passwords.$inferSelect;

const selectByUser = prepared((db) =>
  db
    .select()
    .from(passwords)
    .where(eq(passwords.userId, sql.placeholder("userId")))
    .prepare("find_password"),
);

/** The user's password, or null if none is set. */
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

/** Inserts the first password of a user, or returns false if there is one already. */
export const insertPassword = async (db: Db, row: PasswordRow): Promise<boolean> =>
  (await db.insert(passwords).values(row).onConflictDoNothing().returning({ userId: passwords.userId })).length > 0;

/** Keeps a copy of the user's password as a former one, in the transaction that replaces or deletes it. */
export const insertFormerPassword = async (db: Db, userId: UserId, replacedAt: Date): Promise<void> => {
  await db.execute(sql`
    insert into ${formerPasswords} (user_id, tenant_id, hash, changed_at, replaced_at)
    select ${passwords.userId}, ${passwords.tenantId}, ${passwords.hash}, ${passwords.changedAt},
      ${replacedAt.toISOString()}::timestamptz
    from ${passwords} where ${passwords.userId} = ${userId}`);
};

/** The hash of the password that was valid at this instant, even if it was replaced since; null if none is known. */
export const findPasswordHashAt = async (db: Db, userId: UserId, instant: Date): Promise<string | null> => {
  const current = db
    .select({ hash: passwords.hash })
    .from(passwords)
    .where(and(eq(passwords.userId, userId), lte(passwords.changedAt, instant)));
  const former = db
    .select({ hash: formerPasswords.hash })
    .from(formerPasswords)
    .where(
      and(
        eq(formerPasswords.userId, userId),
        lte(formerPasswords.changedAt, instant),
        gt(formerPasswords.replacedAt, instant),
      ),
    );
  const [row] = await unionAll(current, former);
  return row?.hash ?? null;
};

/** Deletes former passwords that were replaced before this instant. */
export const deleteFormerPasswordsBefore = async (db: Db, instant: Date): Promise<number> =>
  (
    await db
      .delete(formerPasswords)
      .where(lt(formerPasswords.replacedAt, instant))
      .returning({ userId: formerPasswords.userId })
  ).length;

/** Sets the user's password and overwrites any existing one. */
export const upsertPassword = async (db: Db, { userId, ...row }: PasswordRow): Promise<void> => {
  await db
    .insert(passwords)
    .values({ userId, ...row })
    .onConflictDoUpdate({ target: passwords.userId, set: row });
};

/** Replaces `oldHash` with another hash of the same password. @returns false if the user's hash has changed since */
export const updatePasswordHash = (db: Db, userId: UserId, oldHash: string, hash: string): Promise<boolean> =>
  updateWhereHash(db, userId, oldHash, { hash });

/** Replaces the password with `oldHash` by another password. @returns false if the user's hash has changed since */
export const updatePasswordReplaced = (
  db: Db,
  userId: UserId,
  oldHash: string,
  replacement: Pick<PasswordRow, "hash" | "changedAt" | "setByMailAt" | "createdBySession">,
): Promise<boolean> => updateWhereHash(db, userId, oldHash, replacement);

const updateWhereHash = async (
  db: Db,
  userId: UserId,
  oldHash: string,
  changes: Partial<PasswordRow>,
): Promise<boolean> => {
  const rows = await db
    .update(passwords)
    .set(changes)
    .where(and(eq(passwords.userId, userId), eq(passwords.hash, oldHash)))
    .returning({ userId: passwords.userId });
  return rows.length > 0;
};
