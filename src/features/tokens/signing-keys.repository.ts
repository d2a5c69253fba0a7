import { and, eq, gt, isNull, lt, or, sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import { LOCKS } from "#platform/database/locks";
import { signingKeys } from "./tokens.table.ts";

export type SigningKeyRow = typeof signingKeys.$inferSelect;

/** Returns all keys: present, future and past signing keys. */
export const listSigningKeys = (db: Db): Promise<SigningKeyRow[]> => db.select().from(signingKeys);

/** Inserts a key. */
export const insertSigningKey = async (db: Db, key: SigningKeyRow): Promise<void> => {
  await db.insert(signingKeys).values(key);
};

/** Retires every key at this instant at the latest, because a newer one follows. */
export const updateSigningKeysToRetireBy = async (db: Db, retiresAt: Date): Promise<void> => {
  await db
    .update(signingKeys)
    .set({ retiresAt })
    .where(or(isNull(signingKeys.retiresAt), gt(signingKeys.retiresAt, retiresAt)));
};

/** Replaces the ciphertext of a key by a new one; false if it was replaced since it was read. */
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

/** Deletes the keys that are no longer needed. */
export const deleteSigningKeysRetiredBefore = async (db: Db, instant: Date): Promise<number> =>
  (await db.delete(signingKeys).where(lt(signingKeys.retiresAt, instant)).returning({ kid: signingKeys.kid })).length;

/** Serializes key creation, so that replicas that start together create the first key only once. */
export const lockSigningKeys = async (tx: Db): Promise<void> => {
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCKS.signingKeys})`);
};

/** Deletes a key. @returns 0 if it does not exist */
export const deleteSigningKey = async (db: Db, kid: string): Promise<number> =>
  (await db.delete(signingKeys).where(eq(signingKeys.kid, kid)).returning({ kid: signingKeys.kid })).length;

/** Notifies all replicas, when the transaction commits, that the keys have changed. */
export const notifySigningKeys = async (tx: Db, channel: string): Promise<void> => {
  await tx.execute(sql`select pg_notify(${channel}, '')`);
};
