import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { PermissionCatalogue } from "#features/memberships/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { JobQueue, Task } from "#platform/jobs/jobs";
import { after, HOUR } from "#shared/durations";
import { creatorMayExport } from "./export-authority.ts";
import { readBatch } from "./export-content.ts";
import { headerOf } from "./export-lines.ts";
import { BATCH_ROWS, EXPORT_ROW_RETENTION_MS, type ExportFailure, MAX_JOB_RUN_MS } from "./exports.policy.ts";
import {
  deleteExportsExpiredBefore,
  type ExportKey,
  type ExportRow,
  expireExports,
  recordProgress,
  updateExportFailed,
  updateExportRunning,
} from "./exports.repository.ts";

const compress = promisify(gzip);

/** The name of the job in the queue. */
export const WRITE_EXPORT = "write-export";

/** About an hour, with graphile-worker's exponential backoff. */
const MAX_ATTEMPTS = 8;

interface ExportRunnerDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly permissionCatalogue: Pick<PermissionCatalogue, "of">;
  readonly exportHours: number;
  readonly exportMaxRows: number;
  /** How long one job may work on an export. Default: MAX_JOB_RUN_MS. */
  readonly jobRunMs?: number;
}

/** Queues the job that starts or continues writing an export. */
export const queueExport = (jobs: JobQueue, db: Db, { id, tenantId }: ExportKey): Promise<void> =>
  jobs.add(db, WRITE_EXPORT, { exportId: id, tenantId }, { maxAttempts: MAX_ATTEMPTS });

/**
 * Writes the files of exports in batches. Each step reads without a transaction, and then adds a chunk and the progress in a short
 * one. So an interrupted job continues with the next row, and of two jobs working on one export only one writes a step.
 */
export class ExportRunner {
  constructor(private readonly deps: ExportRunnerDeps) {}

  /** Works on an export for some seconds, and leaves the rest to another job. */
  readonly run: Task = async (payload, { attempt, maxAttempts }) => {
    const { exportId: id, tenantId } = payload as { exportId: ExportRow["id"]; tenantId: ExportRow["tenantId"] };
    try {
      await this.#work({ id, tenantId });
    } catch (error) {
      if (attempt >= maxAttempts) await this.#fail({ id, tenantId }, "INTERNAL");
      throw error;
    }
  };

  /** Deletes the files of expired exports, and some weeks later their rows. */
  async sweep(): Promise<void> {
    const { clock, db } = this.deps;
    while ((await expireExports(db, clock.now())) > 0);
    await deleteExportsExpiredBefore(db, after(clock.now(), -EXPORT_ROW_RETENTION_MS));
  }

  async #work(key: ExportKey): Promise<void> {
    const { db, jobs, jobRunMs = MAX_JOB_RUN_MS } = this.deps;
    const end = performance.now() + jobRunMs;
    let current = await updateExportRunning(db, key);
    while (current !== null) {
      current = await this.#step(current);
      if (current?.status !== "RUNNING") return;
      if (performance.now() >= end) return queueExport(jobs, db, key);
    }
  }

  /**
   * Adds the next rows.
   * @returns the export after this step; null if it is over or another job works on it
   */
  async #step(row: ExportRow): Promise<ExportRow | null> {
    const { clock, db, exportHours, exportMaxRows } = this.deps;
    if (row.expiresAt <= clock.now()) return null;
    if (!(await creatorMayExport(this.deps, row))) return this.#fail(row, "CREATOR_LOST_PERMISSION");
    const { text: lines, rows, lastRowId } = await readBatch(db, row);
    if (row.rowCount + rows > exportMaxRows) return this.#fail(row, "TOO_LARGE");
    const text = Buffer.from((row.chunkCount === 0 ? headerOf(row.kind, row.format) : "") + lines);
    const at = clock.now();
    return recordProgress(db, row, {
      rows,
      lastRowId,
      bytes: text.length,
      data: text.length === 0 ? null : await compress(text),
      finished: rows < BATCH_ROWS ? { at, expiresAt: after(at, exportHours * HOUR) } : null,
    });
  }

  async #fail(key: ExportKey, failure: ExportFailure): Promise<null> {
    const { clock, db } = this.deps;
    await updateExportFailed(db, key, failure, clock.now());
    return null;
  }
}
