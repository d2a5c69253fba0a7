import { and, count, eq, gt, inArray, lt, lte, sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import { inScope } from "#platform/database/scope";
import { countUpToMax, inSlice, sliceOrder } from "#platform/database/slices";
import type { TenantScope } from "#shared/access-policy";
import type { ExportId, TenantId } from "#shared/ids";
import type { Slice } from "#shared/paging";
import type { ExportFailure, ExportStatus } from "./exports.policy.ts";
import { exportChunks, exports } from "./exports.table.ts";

export type ExportRow = typeof exports.$inferSelect;

/** An export, and the tenant that it must belong to. */
export type ExportKey = Pick<ExportRow, "id" | "tenantId">;

const isExport = ({ id, tenantId }: ExportKey) => and(eq(exports.id, id), eq(exports.tenantId, tenantId));
const isOfExport = ({ id, tenantId }: ExportKey) =>
  and(eq(exportChunks.exportId, id), eq(exportChunks.tenantId, tenantId));

export const insertExport = async (db: Db, row: typeof exports.$inferInsert): Promise<ExportRow> => {
  const [inserted] = await db.insert(exports).values(row).returning();
  if (inserted === undefined) throw new Error("The export was not inserted.");
  return inserted;
};

/**
 * Counts the exports of the tenant that have one of these statuses and have not expired. The caller must have locked the tenant, so that
 * concurrent requests cannot exceed a limit.
 */
export const countWithStatus = async (
  db: Db,
  tenantId: TenantId,
  statuses: readonly ExportStatus[],
  now: Date,
): Promise<number> => {
  const [row] = await db
    .select({ exports: count() })
    .from(exports)
    .where(and(eq(exports.tenantId, tenantId), inArray(exports.status, statuses), gt(exports.expiresAt, now)));
  return row?.exports ?? 0;
};

/** The export with this id, of a tenant within the scope. */
export const findExport = async (db: Db, scope: TenantScope, id: ExportId): Promise<ExportRow | null> => {
  const [row] = await db
    .select()
    .from(exports)
    .where(and(eq(exports.id, id), inScope(exports.tenantId, scope)));
  return row ?? null;
};

/** The exports of the tenant, newest first. */
export const listExports = (db: Db, tenantId: TenantId, slice: Slice): Promise<ExportRow[]> =>
  db
    .select()
    .from(exports)
    .where(and(eq(exports.tenantId, tenantId), inSlice(exports.id, slice)))
    .orderBy(sliceOrder(exports.id, slice))
    .limit(slice.limit);

/** Counts the exports of the tenant, up to MAX_COUNT + 1. */
export const countExports = (db: Db, tenantId: TenantId): Promise<number> =>
  countUpToMax(db, exports, eq(exports.tenantId, tenantId));

/** Starts an export, or continues it; null if it is over. */
export const updateExportRunning = async (db: Db, key: ExportKey): Promise<ExportRow | null> => {
  const [row] = await db
    .update(exports)
    .set({ status: "RUNNING" })
    .where(and(isExport(key), inArray(exports.status, ["QUEUED", "RUNNING"])))
    .returning();
  return row ?? null;
};

export interface Progress {
  readonly rows: number;
  readonly bytes: number;
  readonly lastRowId: string | null;
  /** Compressed; null if the step has nothing to add. */
  readonly data: Buffer | null;
  /** Set by the last step. */
  readonly finished: { readonly at: Date; readonly expiresAt: Date } | null;
}

/**
 * Adds a chunk and records the progress, in one transaction.
 * @returns null if the export has changed since the step began: it was deleted, has expired, or another worker continued it
 */
export const recordProgress = (
  db: Db,
  { id, tenantId, chunkCount }: ExportRow,
  { rows, bytes, lastRowId, data, finished }: Progress,
): Promise<ExportRow | null> =>
  db.transaction(async (tx) => {
    const [row] = await tx
      .update(exports)
      .set({
        rowCount: sql`${exports.rowCount} + ${rows}`,
        byteCount: sql`${exports.byteCount} + ${bytes}`,
        ...(data && { chunkCount: chunkCount + 1 }),
        ...(lastRowId && { lastRowId }),
        ...(finished && { status: "READY", finishedAt: finished.at, expiresAt: finished.expiresAt }),
      })
      .where(and(isExport({ id, tenantId }), eq(exports.status, "RUNNING"), eq(exports.chunkCount, chunkCount)))
      .returning();
    if (row === undefined) return null;
    if (data) await tx.insert(exportChunks).values({ exportId: id, tenantId, position: chunkCount, data });
    return row;
  });

/** Fails an unfinished export, and deletes what it has written. */
export const updateExportFailed = (db: Db, key: ExportKey, failure: ExportFailure, now: Date): Promise<void> =>
  db.transaction(async (tx) => {
    const failed = await tx
      .update(exports)
      .set({ status: "FAILED", failure, filter: {}, finishedAt: now })
      .where(and(isExport(key), inArray(exports.status, ["QUEUED", "RUNNING"])))
      .returning({ id: exports.id });
    if (failed.length > 0) await tx.delete(exportChunks).where(isOfExport(key));
  });

/** One part of the file as stored; null if it was deleted. */
export const findChunk = async (db: Db, key: ExportKey, position: number): Promise<Buffer | null> => {
  const [row] = await db
    .select({ data: exportChunks.data })
    .from(exportChunks)
    .where(and(isOfExport(key), eq(exportChunks.position, position)));
  return row?.data ?? null;
};

/** Deletes the export with its chunks. */
export const deleteExport = async (db: Db, key: ExportKey): Promise<number> =>
  (await db.delete(exports).where(isExport(key)).returning({ id: exports.id })).length;

/** The most exports that one statement expires. Each has up to some hundred chunks. */
const EXPIRED_AT_ONCE = 10;

/**
 * Deletes the files of some exports that have expired.
 * @returns how many; call it again until it returns 0
 */
export const expireExports = (db: Db, now: Date): Promise<number> =>
  db.transaction(async (tx) => {
    const due = tx
      .select({ id: exports.id })
      .from(exports)
      .where(and(inArray(exports.status, ["QUEUED", "RUNNING", "READY"]), lte(exports.expiresAt, now)))
      .orderBy(exports.expiresAt)
      .limit(EXPIRED_AT_ONCE)
      .for("update", { skipLocked: true });
    const expired = await tx
      .update(exports)
      .set({ status: "EXPIRED", filter: {} })
      .where(inArray(exports.id, due))
      .returning({ id: exports.id });
    const ids = expired.map(({ id }): ExportId => id);
    if (ids.length > 0) await tx.delete(exportChunks).where(inArray(exportChunks.exportId, ids));
    return ids.length;
  });

/** Deletes the rows of exports that expired before this instant. */
export const deleteExportsExpiredBefore = async (db: Db, instant: Date): Promise<void> => {
  await db.delete(exports).where(lt(exports.expiresAt, instant));
};
