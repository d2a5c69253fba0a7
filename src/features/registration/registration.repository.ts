import { eq } from "drizzle-orm";
import type { Db } from "../../platform/database/database.ts";
import { violatedUniqueConstraint } from "../../platform/database/errors.ts";
import type { UserId } from "../../shared/ids.ts";
import { canonicalUsername, type User, updateUser, users } from "../users/index.ts";

/** Whoever has this canonical address, and keeps it until the transaction ends: the row cannot be deleted meanwhile. */
export const findAddressHolder = async (db: Db, emailCanonical: string): Promise<User | null> => {
  const [row] = await db.select().from(users).where(eq(users.emailCanonical, emailCanonical)).for("key share");
  return row ?? null;
};

/** Whoever has this canonical address now, locked until the transaction ends. */
export const findAddressHolderForUpdate = async (db: Db, emailCanonical: string): Promise<User | null> => {
  const [row] = await db.select().from(users).where(eq(users.emailCanonical, emailCanonical)).for("update");
  return row ?? null;
};

/** Gives the user this name, or answers false where another one has it. Either way the transaction goes on. */
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
