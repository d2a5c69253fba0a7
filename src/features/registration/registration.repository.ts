import { and, asc, eq, gt, inArray } from "drizzle-orm";
import { canonicalUsername, UNVERIFIED, type User, updateUser, users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { violatedUniqueConstraint } from "#platform/database/errors";
import type { UserId } from "#shared/ids";

/** Returns the user with this canonical address, locked until the transaction ends. */
export const findAddressHolderForUpdate = async (db: Db, emailCanonical: string): Promise<User | null> => {
  const [row] = await db.select().from(users).where(eq(users.emailCanonical, emailCanonical)).for("update");
  return row ?? null;
};

/** Returns the earlier-version user with this id if the address is unverified, locked until the transaction ends. */
export const lockUnverifiedUser = async (db: Db, id: UserId): Promise<User | null> => {
  const [row] = await db
    .select()
    .from(users)
    .where(and(eq(users.id, id), inArray(users.status, [...UNVERIFIED])))
    .for("update");
  return row ?? null;
};

/** Returns the ids of earlier-version users with an unverified address, in order of id. */
export const listUnverifiedUserIds = async (
  db: Db,
  { after, limit }: { readonly after: UserId | null; readonly limit: number },
): Promise<UserId[]> => {
  const rows = await db
    .select({ id: users.id })
    .from(users)
    .where(and(inArray(users.status, [...UNVERIFIED]), after ? gt(users.id, after) : undefined))
    .orderBy(asc(users.id))
    .limit(limit);
  return rows.map(({ id }) => id);
};

/** Sets the user's username, or returns false if it is taken. The transaction can continue in both cases. */
export const updateUsernameIfFree = async (tx: Db, id: UserId, username: string): Promise<boolean> => {
  try {
    // A savepoint, so that a violation rolls back only this update.
    await tx.transaction((attempt) =>
      updateUser(attempt, id, { username, usernameCanonical: canonicalUsername(username) }),
    );
    return true;
  } catch (error) {
    if (violatedUniqueConstraint(error) === null) throw error;
    return false;
  }
};
