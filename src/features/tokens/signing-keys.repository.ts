import { and, eq, gt, isNull, lt, or, sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import { LOCKS } from "#platform/database/locks";
import { signingKeys } from "./tokens.table.ts";

export type SigningKeyRow = typeof signingKeys.$inferSelect;

/** All keys: those that sign, are about to, or did. */
export const listSigningKeys = (db: Db): Promise<SigningKeyRow[]> => db.select().from(signingKeys);

/** Inserts a key. */
export const insertSigningKey = async (db: Db, key: SigningKeyRow): Promise<void> => {
  await db.insert(signingKeys).values(key);
};

/** Retires every key by then at the latest: a newer one follows. */
export const updateSigningKeysToRetireBy = async (db: Db, retiresAt: Date): Promise<void> => {
  await db
    .update(signingKeys)
    .set({ retiresAt })
    .where(or(isNull(signingKeys.retiresAt), gt(signingKeys.retiresAt, retiresAt)));
};

/** Puts a new ciphertext of a key in the place of the one that was read; false if it was replaced since. */
export const updateSigningKeyCiphertext = async (
  db: Db,
  { kid, encryptedPrivateJwk }: Pick<SigningKeyRow, "kid" | "encryptedPrivateJwk">,
  renewed: string,
): Promise<boolean> => {
  const updated = await db
    .update(signingKeys)
    .set({ encryptedPrivateJwk: renewed })
    .where(and(eq(signingKeys.kid, kid), eq(signingKeys.encryptedPrivateJwk, encryptedPrivateJwk)))
    .returning({ kid: signingKeys.kid });
  return updated.length > 0;
};

/** Deletes the keys that nobody can need any more. */
export const deleteSigningKeysRetiredBefore = async (db: Db, instant: Date): Promise<number> =>
  (await db.delete(signingKeys).where(lt(signingKeys.retiresAt, instant)).returning({ kid: signingKeys.kid })).length;

/** Replicas that start together make the first key one after the other, and so only once. */
export const lockSigningKeys = async (tx: Db): Promise<void> => {
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCKS.signingKeys})`);
};

/** Deletes a key; 0 if there is none of that name. */
export const deleteSigningKey = async (db: Db, kid: string): Promise<number> =>
  (await db.delete(signingKeys).where(eq(signingKeys.kid, kid)).returning({ kid: signingKeys.kid })).length;

/** Announces, as the transaction commits, that the keys have changed. */
export const notifySigningKeys = async (tx: Db, channel: string): Promise<void> => {
  await tx.execute(sql`select pg_notify(${channel}, '')`);
};
