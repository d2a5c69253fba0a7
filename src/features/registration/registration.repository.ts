import { and, asc, eq, gt, inArray } from "drizzle-orm";
import { canonicalUsername, UNPROVED, type User, updateUser, users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { violatedUniqueConstraint } from "#platform/database/errors";
import type { UserId } from "#shared/ids";

/** The user with this canonical address, locked until the transaction ends. */
export const findAddressHolderForUpdate = async (db: Db, emailCanonical: string): Promise<User | null> => {
  const [row] = await db.select().from(users).where(eq(users.emailCanonical, emailCanonical)).for("update");
  return row ?? null;
};

/** The user of an earlier version with this id who has not proved the address, locked until the transaction ends. */
export const lockUnprovedUser = async (db: Db, id: UserId): Promise<User | null> => {
  const [row] = await db
    .select()
    .from(users)
    .where(and(eq(users.id, id), inArray(users.status, [...UNPROVED])))
    .for("update");
  return row ?? null;
};

/** The ids of users of an earlier version who have not proved their address, in their order. */
export const listUnprovedUserIds = async (
  db: Db,
  { after, limit }: { readonly after: UserId | null; readonly limit: number },
): Promise<UserId[]> => {
  const rows = await db
    .select({ id: users.id })
    .from(users)
    .where(and(inArray(users.status, [...UNPROVED]), after ? gt(users.id, after) : undefined))
    .orderBy(asc(users.id))
    .limit(limit);
  return rows.map(({ id }) => id);
};

/** Gives the user this name, or returns false if another one has it. Either way the transaction goes on. */
export const updateUsernameIfFree = async (tx: Db, id: UserId, username: string): Promise<boolean> => {
  try {
    // A savepoint: the violation undoes no more than this.
    await tx.transaction((attempt) =>
      updateUser(attempt, id, { username, usernameCanonical: canonicalUsername(username) }),
    );
    return true;
  } catch (error) {
    if (violatedUniqueConstraint(error) === null) throw error;
    return false;
  }
};
