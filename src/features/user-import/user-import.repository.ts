import { inArray } from "drizzle-orm";
import { type PasswordRow, passwords } from "#features/passwords/index";
import { type NewUser, users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { UserId } from "#shared/ids";

/** Returns the given canonical addresses and usernames that are taken. */
export const listTakenIdentifiers = async (
  db: Db,
  emails: readonly string[],
  usernames: readonly string[],
): Promise<string[]> => {
  const [byEmail, byUsername] = await Promise.all([
    db
      .select({ email: users.emailCanonical })
      .from(users)
      .where(inArray(users.emailCanonical, [...emails])),
    db
      .select({ username: users.usernameCanonical })
      .from(users)
      .where(inArray(users.usernameCanonical, [...usernames])),
  ]);
  return [...byEmail.map(({ email }) => email), ...byUsername.flatMap(({ username }) => username ?? [])];
};

/** Inserts users and returns the ids of the inserted ones; an address or username may have been taken concurrently. */
export const insertUsers = async (db: Db, rows: readonly NewUser[]): Promise<Set<UserId>> => {
  const inserted = await db
    .insert(users)
    .values([...rows])
    .onConflictDoNothing()
    .returning({ id: users.id });
  return new Set(inserted.map(({ id }) => id));
};

/** Inserts the passwords of users who have just been inserted; a no-op for an empty list. */
export const insertPasswords = async (db: Db, rows: readonly PasswordRow[]): Promise<void> => {
  if (rows.length > 0) await db.insert(passwords).values([...rows]);
};
