import { and, eq, isNull } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import type { UserId } from "#shared/ids";
import { isTainted, type Taint } from "../../mfa/taint.ts";
import { backupCodes } from "./backup-codes.table.ts";

export type BackupCodeRow = typeof backupCodes.$inferSelect;

/** The user's code at this position, if it is active and unused. */
export const findUsableBackupCode = async (
  db: Db,
  userId: UserId,
  position: number,
): Promise<Pick<BackupCodeRow, "id" | "hash" | "createdBySession"> | null> => {
  const [row] = await db
    .select({ id: backupCodes.id, hash: backupCodes.hash, createdBySession: backupCodes.createdBySession })
    .from(backupCodes)
    .where(and(ofUser(userId, "IN_FORCE"), eq(backupCodes.position, position), isNull(backupCodes.usedAt)));
  return row ?? null;
};

/** Inserts the codes of a set. */
export const insertBackupCodes = async (db: Db, codes: readonly BackupCodeRow[]): Promise<void> => {
  await db.insert(backupCodes).values([...codes]);
};

/** Consumes a code and returns it, or null if it is used or replaced by another set. Exactly one concurrent caller wins. */
export const consumeBackupCode = async (db: Db, id: string, now: Date): Promise<BackupCodeRow | null> => {
  const [row] = await db
    .update(backupCodes)
    .set({ usedAt: now })
    .where(and(eq(backupCodes.id, id), eq(backupCodes.pending, false), isNull(backupCodes.usedAt)))
    .returning();
  return row ?? null;
};

/** Activates the user's pending codes. */
export const updatePendingBackupCodesInForce = async (db: Db, userId: UserId): Promise<void> => {
  await db.update(backupCodes).set({ pending: false }).where(ofUser(userId, "PENDING"));
};

/** Deletes the user's active codes, used or not. Codes shown with an unconfirmed TOTP secret stay pending with it. */
export const deleteBackupCodes = (db: Db, userId: UserId): Promise<number> => deleteSet(db, userId, "IN_FORCE");

/** Deletes the codes that were shown with an unconfirmed TOTP secret. */
export const deletePendingBackupCodes = (db: Db, userId: UserId): Promise<number> => deleteSet(db, userId, "PENDING");

/** Deletes the user's backup codes that are tainted. */
export const deleteTaintedBackupCodes = async (db: Db, userId: UserId, taint: Taint): Promise<number> => {
  const deleted = await db
    .delete(backupCodes)
    .where(and(eq(backupCodes.userId, userId), isTainted(backupCodes, taint)))
    .returning({ id: backupCodes.id });
  return deleted.length;
};

type State = "IN_FORCE" | "PENDING";

const deleteSet = async (db: Db, userId: UserId, state: State): Promise<number> =>
  (await db.delete(backupCodes).where(ofUser(userId, state)).returning({ id: backupCodes.id })).length;

const ofUser = (userId: UserId, state: State) =>
  and(eq(backupCodes.userId, userId), eq(backupCodes.pending, state === "PENDING"));
