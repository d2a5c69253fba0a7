import type { Db } from "#platform/database/database";
import { requirePermissionIn } from "#shared/access-policy";
import type { TenantId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import { bucketStarts, type Interval, nextBucket } from "./statistics.policy.ts";
import { findRolledUpTo, listStatistics, type StatisticsRow } from "./statistics.repository.ts";

export type Counts = Omit<StatisticsRow, "tenantId" | "interval" | "bucket">;

/** The counts of one bucket, from `from` (inclusive) to `to` (exclusive). */
export interface Bucket extends Counts {
  readonly from: Date;
  readonly to: Date;
}

export interface Statistics {
  readonly interval: Interval;
  readonly countedUntil: Date | null;
  readonly buckets: readonly Bucket[];
}

export interface StatisticsRequest {
  readonly from: Date;
  readonly to: Date;
  readonly interval: Interval;
}

const NOTHING: Counts = {
  success: 0,
  failed: 0,
  challenged: 0,
  locked: 0,
  denied: 0,
  riskLow: 0,
  riskMedium: 0,
  riskElevated: 0,
  riskHigh: 0,
  newUsers: 0,
  totpEnabled: 0,
  passkeysAdded: 0,
  activeUsers: 0,
};

/** Reads the roll-up, for viewers who may see the statistics of a tenant. */
export class StatisticsService {
  constructor(private readonly deps: { readonly db: Db }) {}

  /**
   * Returns the tenant's buckets that overlap the period, oldest first, including those without activity.
   * @throws {AppError} FORBIDDEN/MISSING_PERMISSION, BAD_USER_INPUT
   */
  async of(viewer: Viewer, tenantId: TenantId, { from, to, interval }: StatisticsRequest): Promise<Statistics> {
    requirePermissionIn(viewer, tenantId, "statistics:read");
    const starts = bucketStarts(interval, { from, to });
    const { db } = this.deps;
    const [rows, countedUntil] = await Promise.all([
      listStatistics(db, { tenantId, interval, from: starts[0] ?? from, to }),
      findRolledUpTo(db),
    ]);
    const counted = new Map(rows.map((row) => [row.bucket.getTime(), row]));
    const buckets = starts.map((start) => ({
      ...NOTHING,
      ...counted.get(start.getTime()),
      from: start,
      to: nextBucket(interval, start),
    }));
    return { interval, countedUntil, buckets };
  }
}
