import { eq, sql } from "drizzle-orm";
import type { Db } from "../database/database.ts";
import { heldNotices } from "./held-notices.table.ts";

export type HeldNotice = typeof heldNotices.$inferSelect;

/** Increments the count of held notices of this template for the recipient. */
export const upsertHeldNotice = async (db: Db, notice: Omit<HeldNotice, "count">): Promise<void> => {
  await db
    .insert(heldNotices)
    .values({ ...notice, count: 1 })
    .onConflictDoUpdate({
      target: [heldNotices.recipient, heldNotices.template],
      set: {
        count: sql`${heldNotices.count} + 1`,
        lastAt: sql`greatest(${heldNotices.lastAt}, excluded.last_at)`,
        locale: sql`excluded.locale`,
      },
    });
};

/** Deletes the recipient's notices and returns them, newest first. */
export const consumeHeldNotices = async (db: Db, recipient: string): Promise<HeldNotice[]> => {
  const notices = await db.delete(heldNotices).where(eq(heldNotices.recipient, recipient)).returning();
  return notices.sort((one, other) => other.lastAt.getTime() - one.lastAt.getTime());
};
