import { and, asc, eq, gte, lt } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import type { TenantId } from "#shared/ids";
import type { Interval } from "./statistics.policy.ts";
import { statisticsProgress, tenantStatistics } from "./statistics.table.ts";

export type StatisticsRow = typeof tenantStatistics.$inferSelect;

export interface StatisticsQuery {
  readonly tenantId: TenantId;
  readonly interval: Interval;
  /** The starts of the buckets: from this one (inclusive) to `to` (exclusive). */
  readonly from: Date;
  readonly to: Date;
}

/** Returns the tenant's buckets with any activity, oldest first. */
export const listStatistics = (db: Db, { tenantId, interval, from, to }: StatisticsQuery): Promise<StatisticsRow[]> =>
  db
    .select()
    .from(tenantStatistics)
    .where(
      and(
        eq(tenantStatistics.tenantId, tenantId),
        eq(tenantStatistics.interval, interval),
        gte(tenantStatistics.bucket, from),
        lt(tenantStatistics.bucket, to),
      ),
    )
    .orderBy(asc(tenantStatistics.bucket));

/** Returns the instant before which everything is counted; null before the first roll-up. */
export const findRolledUpTo = async (db: Db): Promise<Date | null> => {
  const [row] = await db.select().from(statisticsProgress);
  return row?.rolledUpTo ?? null;
};

/** Records that everything before this instant is counted. */
export const updateRolledUpTo = async (db: Db, rolledUpTo: Date): Promise<void> => {
  await db
    .insert(statisticsProgress)
    .values({ rolledUpTo })
    .onConflictDoUpdate({ target: statisticsProgress.only, set: { rolledUpTo } });
};
