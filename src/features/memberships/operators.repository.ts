import { and, eq, ne, type SQL, sql } from "drizzle-orm";
import { type User, users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { LOCKS } from "#platform/database/locks";
import { inUsableHome } from "./homes.repository.ts";

/** The operators who can log in: active, with access to their home. The role condition matches the partial index. */
const whoCanLogIn = (others?: SQL): SQL | undefined =>
  and(sql`${users.roles} @> '{OPERATOR}'`, eq(users.status, "ACTIVE"), inUsableHome, others);

/** The active operators of the installation. */
export const listActiveOperators = (db: Db): Promise<User[]> => db.select().from(users).where(whoCanLogIn());

/**
 * Whether the installation has an operator who can log in other than this user, or any at all if null. Serializes transactions that
 * remove an operator. This is the last lock that they take, after users and tenants.
 */
export const hasOtherActiveOperator = async (db: Db, user: Pick<User, "id"> | null): Promise<boolean> => {
  await db.execute(sql`select pg_advisory_xact_lock(${LOCKS.operators})`);
  const others = await db
    .select({ id: users.id })
    .from(users)
    .where(whoCanLogIn(user ? ne(users.id, user.id) : undefined))
    .limit(1);
  return others.length > 0;
};
