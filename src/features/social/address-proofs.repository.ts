import { and, eq, gt, inArray, isNull, lt, sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import type { AddressProofId } from "#shared/ids";
import { addressProofs } from "./address-proofs.table.ts";

export type AddressProofRow = typeof addressProofs.$inferSelect;

/** Inserts a login that waits for its code. */
export const insertAddressProof = async (db: Db, row: typeof addressProofs.$inferInsert): Promise<void> => {
  await db.insert(addressProofs).values(row);
};

/** Returns the login if it is neither used nor expired. */
export const findLiveAddressProof = async (db: Db, id: AddressProofId, now: Date): Promise<AddressProofRow | null> => {
  const [row] = await db.select().from(addressProofs).where(isLive(id, now));
  return row ?? null;
};

/** Counts one more code; null if the login is used, expired or has had `most` codes. Parallel callers share the limit. */
export const updateAddressProofGuesses = async (
  db: Db,
  id: AddressProofId,
  { most, now }: { readonly most: number; readonly now: Date },
): Promise<AddressProofRow | null> => {
  const { guesses } = addressProofs;
  const [row] = await db
    .update(addressProofs)
    .set({ guesses: sql`${guesses} + 1` })
    .where(and(isLive(id, now), lt(guesses, most)))
    .returning();
  return row ?? null;
};

/** Consumes the login and returns it, or null if it is used or expired. Exactly one concurrent caller succeeds. */
export const consumeAddressProof = async (db: Db, id: AddressProofId, now: Date): Promise<AddressProofRow | null> => {
  const [row] = await db.update(addressProofs).set({ usedAt: now }).where(isLive(id, now)).returning();
  return row ?? null;
};

/** Deletes up to `limit` logins that expired before this instant. */
export const deleteAddressProofsExpiredBefore = async (db: Db, instant: Date, limit: number): Promise<number> => {
  const { id, expiresAt } = addressProofs;
  const old = db.select({ id }).from(addressProofs).where(lt(expiresAt, instant)).limit(limit);
  return (await db.delete(addressProofs).where(inArray(id, old)).returning({ id })).length;
};

const isLive = (id: AddressProofId, now: Date) =>
  and(eq(addressProofs.id, id), isNull(addressProofs.usedAt), gt(addressProofs.expiresAt, now));
