import { and, desc, eq, isNotNull, isNull, lte, or, type SQL } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import { inScope } from "#platform/database/scope";
import { countUpToMax, inPeriod, inSlice, sliceOrder } from "#platform/database/slices";
import type { TenantScope } from "#shared/access-policy";
import type { FactorResetId, UserId } from "#shared/ids";
import type { Period, Slice } from "#shared/paging";
import type { FactorResetStatus } from "./factor-resets.policy.ts";
import { factorResets } from "./factor-resets.table.ts";

export type FactorResetRow = typeof factorResets.$inferSelect;

const isPending = and(isNull(factorResets.cancelledAt), isNull(factorResets.doneAt));

/** Inserts the reset; false if one is already waiting for this user. */
export const insertFactorReset = async (db: Db, reset: FactorResetRow): Promise<boolean> =>
  (await db.insert(factorResets).values(reset).onConflictDoNothing().returning({ id: factorResets.id })).length > 0;

/** The waiting reset of this user, or null. */
export const findPendingReset = async (db: Db, userId: UserId): Promise<FactorResetRow | null> => {
  const [row] = await db
    .select()
    .from(factorResets)
    .where(and(eq(factorResets.userId, userId), isPending));
  return row ?? null;
};

/** The most recent reset of this user that was carried out. */
export const findLastResetDone = async (db: Db, userId: UserId): Promise<FactorResetRow | null> => {
  const [row] = await db
    .select()
    .from(factorResets)
    .where(and(eq(factorResets.userId, userId), isNotNull(factorResets.doneAt)))
    .orderBy(desc(factorResets.id))
    .limit(1);
  return row ?? null;
};

/** The waiting resets that are due, or whose owner was last notified before `notifiedBefore`. */
export const listResetsToHandle = (
  db: Db,
  { now, notifiedBefore, limit }: { readonly now: Date; readonly notifiedBefore: Date; readonly limit: number },
): Promise<FactorResetRow[]> =>
  db
    .select()
    .from(factorResets)
    .where(and(isPending, or(lte(factorResets.dueAt, now), lte(factorResets.notifiedAt, notifiedBefore))))
    .orderBy(factorResets.id)
    .limit(limit);

/** Records that the owner was notified again. */
export const updateResetNotified = async (db: Db, id: FactorResetId, notifiedAt: Date): Promise<void> => {
  await db.update(factorResets).set({ notifiedAt }).where(eq(factorResets.id, id));
};

/** Ends a waiting reset; false if it is over. Exactly one of a concurrent cancellation and reset wins. */
export const updateResetEnded = async (
  db: Db,
  id: FactorResetId,
  how: { readonly cancelledAt: Date } | { readonly doneAt: Date; readonly approvedBy?: UserId | null },
): Promise<boolean> => {
  const ended = await db
    .update(factorResets)
    .set(how)
    .where(and(eq(factorResets.id, id), isPending))
    .returning({ id: factorResets.id });
  return ended.length > 0;
};

export interface FactorResetQuery {
  readonly scope: TenantScope;
  readonly status: FactorResetStatus | null;
  readonly requestedAt: Period;
}

const IN_STATUS = {
  WAITING: isPending,
  DONE: isNotNull(factorResets.doneAt),
  CANCELLED: isNotNull(factorResets.cancelledAt),
} as const;

/** The resets within the scope, newest first. */
export const listFactorResets = (db: Db, query: FactorResetQuery, slice: Slice): Promise<FactorResetRow[]> =>
  db
    .select()
    .from(factorResets)
    .where(and(wanted(query), inSlice(factorResets.id, slice)))
    .orderBy(sliceOrder(factorResets.id, slice))
    .limit(slice.limit);

/** Counts the resets, up to MAX_COUNT + 1. */
export const countFactorResets = (db: Db, query: FactorResetQuery): Promise<number> =>
  countUpToMax(db, factorResets, wanted(query));

const wanted = ({ scope, status, requestedAt }: FactorResetQuery): SQL | undefined =>
  and(
    inScope(factorResets.tenantId, scope),
    status ? IN_STATUS[status] : undefined,
    inPeriod(factorResets.id, requestedAt),
  );

/** The reset with this id, if it is within the scope. */
export const findFactorReset = async (
  db: Db,
  scope: TenantScope,
  id: FactorResetId,
): Promise<FactorResetRow | null> => {
  const [row] = await db
    .select()
    .from(factorResets)
    .where(and(eq(factorResets.id, id), inScope(factorResets.tenantId, scope)));
  return row ?? null;
};
