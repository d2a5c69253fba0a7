import { and, eq, ne } from "drizzle-orm";
import { isUser, type User, users } from "#features/users/index";
import type { Db } from "#platform/database/database";

/** Whether anybody else belongs to the user's tenant. */
export const hasColleagues = async (db: Db, { id, tenantId }: Pick<User, "id" | "tenantId">): Promise<boolean> => {
  const others = await db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.tenantId, tenantId), ne(users.id, id), isUser))
    .limit(1);
  return others.length > 0;
};
