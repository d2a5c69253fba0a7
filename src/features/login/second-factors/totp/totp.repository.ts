import { and, asc, eq, gt, lt, sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import { prepared } from "#platform/database/prepared";
import type { TenantId, UserId } from "#shared/ids";
import { isTainted, type Taint } from "../../mfa/taint.ts";
import { totpSecrets } from "./totp.table.ts";

export type TotpRow = typeof totpSecrets.$inferSelect;

const { placeholder } = sql;

const selectTotp = prepared((db) =>
  db
    .select()
    .from(totpSecrets)
    .where(eq(totpSecrets.userId, placeholder("userId")))
    .prepare("find_totp"),
);

/** The user's authenticator app: the active secret and the pending one. */
export const findTotp = async (db: Db, userId: UserId): Promise<TotpRow | null> => {
  const [row] = await selectTotp(db, { userId });
  return row ?? null;
};

/** Stores a pending secret and replaces an earlier pending one. The active secret stays. */
export const insertPendingTotp = async (
  db: Db,
  user: { readonly id: UserId; readonly tenantId: TenantId },
  pending: Pick<TotpRow, "pendingSecret" | "pendingSince" | "pendingBySession" | "pendingEpoch">,
): Promise<void> => {
  await db
    .insert(totpSecrets)
    .values({ userId: user.id, tenantId: user.tenantId, ...pending })
    .onConflictDoUpdate({ target: totpSecrets.userId, set: pending });
};

/** Activates the pending secret and consumes its first code; false if another secret is pending, or none. */
export const consumePendingTotp = async (
  db: Db,
  userId: UserId,
  pendingSecret: string,
  { step: lastStep, now: enabledAt }: { readonly step: number; readonly now: Date },
): Promise<boolean> => {
  const confirmed = await db
    .update(totpSecrets)
    .set({
      secret: pendingSecret,
      enabledAt,
      lastStep,
      createdBySession: sql`${totpSecrets.pendingBySession}`,
      pendingSecret: null,
      pendingSince: null,
      pendingBySession: null,
      pendingEpoch: null,
    })
    .where(and(eq(totpSecrets.userId, userId), eq(totpSecrets.pendingSecret, pendingSecret)))
    .returning({ userId: totpSecrets.userId });
  return confirmed.length > 0;
};

const updateLastStep = prepared((db) =>
  db
    .update(totpSecrets)
    .set({ lastStep: sql`${placeholder("step")}` })
    .where(
      and(
        eq(totpSecrets.userId, placeholder("userId")),
        eq(totpSecrets.secret, placeholder("secret")),
        lt(totpSecrets.lastStep, placeholder("step")),
      ),
    )
    .returning({ lastStep: totpSecrets.lastStep })
    .prepare("consume_totp_step"),
);

/**
 * Consumes a time step of this secret, and all earlier ones. A single statement, so exactly one of any number of callers succeeds,
 * across all replicas.
 * @returns false if the step is used, or the secret is no longer active
 */
export const consumeTotpStep = async (
  db: Db,
  { userId, secret }: Pick<TotpRow, "userId" | "secret">,
  step: number,
): Promise<boolean> => (await updateLastStep(db, { userId, secret, step })).length > 0;

/** The next apps in the order of their users, at most `limit`. */
export const listTotp = (db: Db, { after, limit }: { readonly after: UserId | null; readonly limit: number }) =>
  db
    .select()
    .from(totpSecrets)
    .where(after ? gt(totpSecrets.userId, after) : undefined)
    .orderBy(asc(totpSecrets.userId))
    .limit(limit);

/** Replaces the ciphertexts that were read with new ones; false if they were replaced since. */
export const updateTotpSecrets = async (
  db: Db,
  { userId, secret, pendingSecret }: Pick<TotpRow, "userId" | "secret" | "pendingSecret">,
  renewed: Partial<Pick<TotpRow, "secret" | "pendingSecret">>,
): Promise<boolean> => {
  const updated = await db
    .update(totpSecrets)
    .set(renewed)
    .where(
      and(
        eq(totpSecrets.userId, userId),
        sql`${totpSecrets.secret} is not distinct from ${secret}`,
        sql`${totpSecrets.pendingSecret} is not distinct from ${pendingSecret}`,
      ),
    )
    .returning({ userId: totpSecrets.userId });
  return updated.length > 0;
};

/** Deletes the user's authenticator app, including a pending one. */
export const deleteTotp = async (db: Db, userId: UserId): Promise<number> =>
  (await db.delete(totpSecrets).where(eq(totpSecrets.userId, userId)).returning({ userId: totpSecrets.userId })).length;

/**
 * Deletes the user's authenticator app if it is tainted, and any pending one.
 * @returns whether an active app was deleted
 */
export const deleteTaintedTotp = async (db: Db, userId: UserId, taint: Taint): Promise<boolean> => {
  const { createdBySession, enabledAt: createdAt } = totpSecrets;
  const own = eq(totpSecrets.userId, userId);
  const deleted = await db
    .delete(totpSecrets)
    .where(and(own, isTainted({ createdBySession, createdAt }, taint)))
    .returning({ secret: totpSecrets.secret });
  await db
    .update(totpSecrets)
    .set({ pendingSecret: null, pendingSince: null, pendingBySession: null, pendingEpoch: null })
    .where(own);
  return deleted.some(({ secret }) => secret !== null);
};
