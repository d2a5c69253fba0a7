import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { AuditLog } from "#features/audit/index";
import type { SessionAuthenticator } from "#features/sessions/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Limits } from "#platform/limits/limits";
import { requirePermissionIn } from "#shared/access-policy";
import type { ClientInfo } from "#shared/client-info";
import { HOUR, SECOND } from "#shared/durations";
import { AppError } from "#shared/errors";
import { isElevated, type Viewer } from "#shared/viewer";
import { exportEvent } from "./exports.events.ts";
import { EXPORT_PERMISSION, fileNameOf, MEDIA_TYPE, permissionsFor, statusAt } from "./exports.policy.ts";
import { type ExportRow, findChunk } from "./exports.repository.ts";
import type { ExportsService } from "./exports.service.ts";

const decompress = promisify(gunzip);

/** Downloads of one user per hour. */
const MAX_DOWNLOADS = 60;

/** A file to send. */
export interface Download {
  readonly fileName: string;
  readonly mediaType: string;
  readonly byteCount: number;
  /** The parts of the file. Throws if the export or the permission ends during the download. */
  readonly parts: AsyncIterable<Buffer>;
}

interface ExportDownloadsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly limits: Pick<Limits, "consume">;
  readonly events: Pick<AuditLog, "record">;
  readonly exports: Pick<ExportsService, "findVisible">;
  readonly authenticator: Pick<SessionAuthenticator, "checkSessions">;
}

/** Serves the files of exports. Any replica can serve them, because they are stored in Postgres. */
export class ExportDownloads {
  constructor(private readonly deps: ExportDownloadsDeps) {}

  /**
   * Opens the file of an export for its creator, in the tenant of the access token, and records the download.
   * @throws {AppError} FORBIDDEN, RATE_LIMITED, NOT_FOUND, REAUTHENTICATION_REQUIRED, CONFLICT if the file is not written yet
   */
  async open(viewer: Viewer, id: string, client: ClientInfo): Promise<Download> {
    const { db, events } = this.deps;
    if (viewer.enrolmentOnly) throw new AppError("FORBIDDEN", { reason: "ENROLMENT_REQUIRED" });
    requirePermissionIn(viewer, viewer.tenantId, EXPORT_PERMISSION);
    await this.#count(viewer);
    const row = await this.#findReady(viewer, id);
    await events.record(db, exportEvent("EXPORT_DOWNLOADED", row, client));
    return {
      fileName: fileNameOf(row.kind, row.format, row.createdAt),
      mediaType: MEDIA_TYPE[row.format],
      byteCount: row.byteCount,
      parts: this.#parts(viewer, row),
    };
  }

  async #findReady(viewer: Viewer, id: string): Promise<ExportRow> {
    const now = this.deps.clock.now();
    const row = await this.deps.exports.findVisible(viewer, id);
    // An operator sees exports of all tenants, but can only download those of their current tenant, like every user.
    if (row === null || row.tenantId !== viewer.tenantId) throw new AppError("NOT_FOUND");
    if (row.creatorId !== viewer.userId)
      throw new AppError("FORBIDDEN", { message: "Only the user who created the export can download it." });
    for (const permission of permissionsFor(row.kind, row.filter))
      requirePermissionIn(viewer, row.tenantId, permission);
    if (!isElevated(viewer, now)) throw new AppError("REAUTHENTICATION_REQUIRED");
    const status = statusAt(row, now);
    if (status === "EXPIRED") throw new AppError("NOT_FOUND", { message: "The file has been deleted." });
    if (status !== "READY") throw new AppError("CONFLICT", { message: "The file is not ready." });
    return row;
  }

  async #count({ userId }: Viewer): Promise<void> {
    const limit = { key: `export:download:${userId}`, limit: MAX_DOWNLOADS, window: HOUR / SECOND };
    const { exceeded, retryAfter } = await this.deps.limits.consume(this.deps.db, [limit]);
    if (exceeded) throw new AppError("RATE_LIMITED", { retryAfter });
  }

  /** Checks the session and its permissions again before each part, so that a revoked session receives nothing more. */
  async *#parts(viewer: Viewer, row: ExportRow): AsyncGenerator<Buffer> {
    const { authenticator, db } = this.deps;
    for (let position = 0; position < row.chunkCount; position++) {
      const [[found], stored] = await Promise.all([
        authenticator.checkSessions([viewer]),
        findChunk(db, row, position),
      ]);
      if (found?.validity !== "LIVE") throw new AppError("UNAUTHENTICATED");
      if (stored === null) throw new AppError("NOT_FOUND");
      yield await decompress(stored);
    }
  }
}
