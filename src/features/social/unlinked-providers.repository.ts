import { and, eq } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import type { UserId } from "#shared/ids";
import { unlinkedProviders } from "./unlinked-providers.table.ts";

const isOf = (userId: UserId, provider: string) =>
  and(eq(unlinkedProviders.userId, userId), eq(unlinkedProviders.provider, provider));

/** Records that the user's account at this provider was unlinked. */
export const upsertUnlinkedProvider = async (db: Db, row: typeof unlinkedProviders.$inferInsert): Promise<void> => {
  const { userId, provider } = unlinkedProviders;
  const set = { unlinkedAt: row.unlinkedAt };
  await db
    .insert(unlinkedProviders)
    .values(row)
    .onConflictDoUpdate({ target: [userId, provider], set });
};

/** Whether the user's account at this provider was unlinked, and none was linked since. */
export const hasUnlinkedProvider = async (db: Db, userId: UserId, provider: string): Promise<boolean> => {
  const { unlinkedAt } = unlinkedProviders;
  return (await db.select({ unlinkedAt }).from(unlinkedProviders).where(isOf(userId, provider))).length > 0;
};

/** Deletes that record. */
export const deleteUnlinkedProvider = async (db: Db, userId: UserId, provider: string): Promise<void> => {
  await db.delete(unlinkedProviders).where(isOf(userId, provider));
};
