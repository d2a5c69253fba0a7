import { and, eq, ne } from "drizzle-orm";
import type { Db } from "../../platform/database/database.ts";
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

/** Whoever has this canonical address now, locked until the transaction ends. */
export const findAddressHolderForUpdate = async (db: Db, emailCanonical: string): Promise<User | null> => {
  const [row] = await db.select().from(users).where(eq(users.emailCanonical, emailCanonical)).for("update");
  return row ?? null;
};
