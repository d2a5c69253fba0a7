import { and, eq, getTableColumns, inArray, lt, or, sql } from "drizzle-orm";
import { devices } from "#features/devices/index";
import { homeStatus } from "#features/memberships/index";
import { sessionsFull } from "#features/sessions/index";
import { tenants } from "#features/tenants/index";
import { users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { prepared } from "#platform/database/prepared";
import { inScope } from "#platform/database/scope";
import type { TenantScope } from "#shared/access-policy";
import type { PasskeyId, UserId } from "#shared/ids";
import { isTainted, type Taint } from "../../mfa/taint.ts";
import { passkeys, spentPasskeyChallenges } from "./passkeys.table.ts";

export type PasskeyRow = typeof passkeys.$inferSelect;

const { credentialId, publicKey, counter, transports, createdBySession, ...shown } = getTableColumns(passkeys);

/** The public columns of a passkey. */
export type Passkey = Omit<PasskeyRow, "credentialId" | "publicKey" | "counter" | "transports" | "createdBySession">;

/** The columns that assertions are verified against. */
export type Credential = Pick<
  PasskeyRow,
  "id" | "credentialId" | "publicKey" | "counter" | "createdAt" | "createdBySession"
>;

const credentialColumns = {
  id: passkeys.id,
  credentialId,
  publicKey,
  counter,
  createdAt: passkeys.createdAt,
  createdBySession,
};

/** Inserts the passkey; null if its credential is already registered, for any user. */
export const insertPasskey = async (db: Db, passkey: PasskeyRow): Promise<Passkey | null> => {
  const [row] = await db
    .insert(passkeys)
    .values(passkey)
    .onConflictDoNothing({ target: passkeys.credentialId })
    .returning(shown);
  return row ?? null;
};

/** The passkeys of these users, the oldest first. */
export const listPasskeysOfUsers = (db: Db, userIds: readonly UserId[]): Promise<Passkey[]> =>
  db
    .select(shown)
    .from(passkeys)
    .where(inArray(passkeys.userId, [...userIds]))
    .orderBy(passkeys.id);

/** The descriptors of the user's passkeys, for the options of a ceremony. */
export const listDescriptorsOfUser = (
  db: Db,
  userId: UserId,
): Promise<Pick<PasskeyRow, "credentialId" | "transports">[]> =>
  db.select({ credentialId, transports }).from(passkeys).where(eq(passkeys.userId, userId)).orderBy(passkeys.id);

/** The passkey with this id, if one of these tenants has it. */
export const findPasskeyInScope = async (db: Db, scope: TenantScope, id: PasskeyId): Promise<Passkey | null> => {
  const [row] = await db
    .select(shown)
    .from(passkeys)
    .where(and(eq(passkeys.id, id), inScope(passkeys.tenantId, scope)));
  return row ?? null;
};

/** The credential with this id, if it is the user's. */
export const findCredentialOfUser = async (
  db: Db,
  userId: UserId,
  credentialId: Buffer,
): Promise<Credential | null> => {
  const [row] = await db
    .select(credentialColumns)
    .from(passkeys)
    .where(and(eq(passkeys.credentialId, credentialId), eq(passkeys.userId, userId)));
  return row ?? null;
};

const { placeholder } = sql;

const selectCredentialOwner = prepared((db) =>
  db
    .select({
      credential: credentialColumns,
      user: users,
      homeStatus,
      deviceId: devices.id,
      sessionsFull,
    })
    .from(passkeys)
    .innerJoin(users, eq(users.id, passkeys.userId))
    .innerJoin(tenants, eq(tenants.id, passkeys.tenantId))
    .leftJoin(devices, and(eq(devices.userId, users.id), eq(devices.tokenHash, placeholder("deviceTokenHash"))))
    .where(eq(passkeys.credentialId, placeholder("credentialId")))
    .prepare("find_credential_owner"),
);

/** The credential with its owner and everything else that a login without a password needs, in one query. */
export type CredentialOwner = Awaited<ReturnType<typeof selectCredentialOwner>>[number];

/** The owner of this credential, or null. */
export const findCredentialOwner = async (
  db: Db,
  credentialId: Buffer,
  deviceTokenHash: Buffer,
): Promise<CredentialOwner | null> => {
  const [row] = await selectCredentialOwner(db, { credentialId, deviceTokenHash });
  return row ?? null;
};

/** Renames the user's passkey; null if the user does not have it. */
export const updatePasskeyName = async (
  db: Db,
  { id, userId }: Pick<PasskeyRow, "id" | "userId">,
  name: string,
): Promise<Passkey | null> => {
  const [row] = await db.update(passkeys).set({ name }).where(ofUser(id, userId)).returning(shown);
  return row ?? null;
};

/**
 * Records a use of the passkey. A signature counter that is not higher than the last one means that two authenticators hold the
 * same key (Web Authentication Level 3, section 6.1.1). Authenticators without a counter send 0.
 * @returns null if the passkey was removed, or its counter is not higher than the last one
 */
export const updatePasskeyUsed = async (
  db: Db,
  { id, counter, backedUp, usedAt }: { id: PasskeyId; counter: number; backedUp: boolean; usedAt: Date },
): Promise<Passkey | null> => {
  const [row] = await db
    .update(passkeys)
    .set({ counter, backedUp, lastUsedAt: usedAt, useCount: sql`${passkeys.useCount} + 1` })
    .where(
      and(
        eq(passkeys.id, id),
        or(lt(passkeys.counter, counter), and(eq(passkeys.counter, 0), sql`${counter}::bigint = 0`)),
      ),
    )
    .returning(shown);
  return row ?? null;
};

/** Deletes the user's passkey; 0 if the user does not have it. */
export const deletePasskey = async (db: Db, { id, userId }: Pick<PasskeyRow, "id" | "userId">): Promise<number> =>
  (await db.delete(passkeys).where(ofUser(id, userId)).returning({ id: passkeys.id })).length;

/** Deletes all passkeys of the user. */
export const deletePasskeysOfUser = async (db: Db, userId: UserId): Promise<number> =>
  (await db.delete(passkeys).where(eq(passkeys.userId, userId)).returning({ id: passkeys.id })).length;

/** Deletes the user's tainted passkeys. @returns their ids */
export const deleteTaintedPasskeys = async (db: Db, userId: UserId, taint: Taint): Promise<PasskeyId[]> => {
  const deleted = await db
    .delete(passkeys)
    .where(and(eq(passkeys.userId, userId), isTainted(passkeys, taint)))
    .returning({ id: passkeys.id });
  return deleted.map(({ id }) => id);
};

const ofUser = (id: PasskeyId, userId: UserId) => and(eq(passkeys.id, id), eq(passkeys.userId, userId));

/** Records that a challenge was used; false if it was used before. Exactly one concurrent caller gets true. */
export const insertUsedChallenge = async (
  db: Db,
  used: typeof spentPasskeyChallenges.$inferInsert,
): Promise<boolean> => {
  const inserted = await db
    .insert(spentPasskeyChallenges)
    .values(used)
    .onConflictDoNothing()
    .returning({ id: spentPasskeyChallenges.id });
  return inserted.length > 0;
};

/** Deletes up to `limit` challenges that were used before this instant. */
export const deleteChallengesUsedBefore = async (db: Db, instant: Date, limit: number): Promise<number> => {
  const { id, spentAt } = spentPasskeyChallenges;
  const old = db.select({ id }).from(spentPasskeyChallenges).where(lt(spentAt, instant)).limit(limit);
  return (await db.delete(spentPasskeyChallenges).where(inArray(id, old)).returning({ id })).length;
};
