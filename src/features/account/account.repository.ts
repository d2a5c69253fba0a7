import { and, eq, inArray, ne, notExists } from "drizzle-orm";
import type { Db } from "../../platform/database/database.ts";
import type { UserId } from "../../shared/ids.ts";
import { links } from "../links/index.ts";
import { type User, users } from "../users/index.ts";

/** Whether anybody else belongs to the user's tenant. */
export const hasColleagues = async (db: Db, { id, tenantId }: Pick<User, "id" | "tenantId">): Promise<boolean> => {
  const others = await db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.tenantId, tenantId), ne(users.id, id)))
    .limit(1);
  return others.length > 0;
};

/**
 * Deletes up to `limit` users who never proved an address, invited or not, and have no link left by which they could, and answers which.
 * Asked again behind the lock: whoever registers at this moment gets a link, and stays.
 */
export const deleteLapsedUsers = async (tx: Db, limit: number): Promise<UserId[]> => {
  const hasLapsed = and(
    inArray(users.status, ["PENDING_VERIFICATION", "INVITED"]),
    notExists(tx.select({ id: links.id }).from(links).where(eq(links.userId, users.id))),
  );
  const lapsed = await tx
    .select({ id: users.id })
    .from(users)
    .where(hasLapsed)
    .limit(limit)
    .for("update", { skipLocked: true });
  const ids = lapsed.map(({ id }) => id);
  const deleted = await tx
    .delete(users)
    .where(and(inArray(users.id, ids), hasLapsed))
    .returning({ id: users.id });
  return deleted.map(({ id }) => id);
};
