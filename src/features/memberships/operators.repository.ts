import { and, eq, ne, type SQL, sql } from "drizzle-orm";
import { type User, users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { LOCKS } from "#platform/database/locks";
import { inUsableHome } from "./homes.repository.ts";

/** The operators who can log in: active, in a home in which they may work. The role as the partial index has it. */
const whoCanLogIn = (others?: SQL): SQL | undefined =>
  and(sql`${users.roles} @> '{OPERATOR}'`, eq(users.status, "ACTIVE"), inUsableHome, others);

/** Who administers the installation now. */
export const listActiveOperators = (db: Db): Promise<User[]> => db.select().from(users).where(whoCanLogIn());

/**
 * Whether the installation keeps an operator who can log in without this user; null: without regard to any. Transactions that take
 * an operator away do so one after the other: it is the last lock that they take, after users and tenants.
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
