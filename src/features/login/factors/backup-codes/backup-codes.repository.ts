import { eq } from "drizzle-orm";
import type { Db } from "../../../../platform/database/database.ts";
import type { UserId } from "../../../../shared/ids.ts";
import { backupCodes } from "./backup-codes.table.ts";

/** Deletes all backup codes of the user, used or not. */
export const deleteBackupCodes = async (db: Db, userId: UserId): Promise<number> =>
  (await db.delete(backupCodes).where(eq(backupCodes.userId, userId)).returning({ id: backupCodes.id })).length;
