import type { UserCriteria } from "#features/administration/index";
import { userQueryOf } from "#features/administration/index";
import { type AuditLog, listSecurityEvents } from "#features/audit/index";
import { requireTenantRoles } from "#features/memberships/index";
import type { SecurityEventCriteria } from "#features/security-history/index";
import { lockTenant } from "#features/tenants/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { JobQueue } from "#platform/jobs/jobs";
import { hasPermission, requirePermissionIn, tenantScope } from "#shared/access-policy";
import type { Actor } from "#shared/actor";
import { after } from "#shared/durations";
import { AppError } from "#shared/errors";
import { type ExportId, parseId, type TenantId, type UserId } from "#shared/ids";
import { ALWAYS, type Page, type PageRequest, toPage, toSlice } from "#shared/paging";
import type { Viewer } from "#shared/viewer";
import { queueExport } from "./export-runner.ts";
import { exportEvent } from "./exports.events.ts";
import {
  EXPORT_PERMISSION,
  type ExportFormat,
  MAX_READY,
  MAX_RUN_MS,
  MAX_UNFINISHED,
  permissionsFor,
} from "./exports.policy.ts";
import {
  countExports,
  countWithStatus,
  deleteExport,
  type ExportRow,
  findExport,
  insertExport,
  listExports,
} from "./exports.repository.ts";

export type { ExportRow };

/** The content to export: users or security events. */
export type ExportContent =
  | { readonly kind: "USERS"; readonly filter: UserCriteria }
  | { readonly kind: "SECURITY_EVENTS"; readonly filter: SecurityEventCriteria };

interface ExportsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly jobs: JobQueue;
  readonly events: Pick<AuditLog, "record">;
}

/** Creates exports of a tenant, and lets its admins list and delete them. */
export class ExportsService {
  constructor(private readonly deps: ExportsDeps) {}

  /**
   * Starts an export from the tenant of the access token.
   * @throws {AppError} FORBIDDEN/MISSING_PERMISSION, BAD_USER_INPUT, NOT_FOUND if the tenant does not have the role or user,
   *   CONFLICT if the tenant has too many unfinished exports, or too many files
   */
  async create({ viewer, client }: Actor, content: ExportContent, format: ExportFormat): Promise<ExportRow> {
    const { clock, db, events, ids, jobs } = this.deps;
    const { tenantId } = viewer;
    const { kind } = content;
    for (const permission of permissionsFor(kind, content.filter)) requirePermissionIn(viewer, tenantId, permission);
    await this.#check(tenantId, content);
    return db.transaction(async (tx) => {
      await lockTenant(tx, tenantId);
      const now = clock.now();
      if ((await countWithStatus(tx, tenantId, ["QUEUED", "RUNNING"], now)) >= MAX_UNFINISHED)
        throw new AppError("CONFLICT", { message: `A tenant can have at most ${MAX_UNFINISHED} unfinished exports.` });
      if ((await countWithStatus(tx, tenantId, ["READY"], now)) >= MAX_READY)
        throw new AppError("CONFLICT", { message: `A tenant can keep at most ${MAX_READY} files. Delete one first.` });
      const row = await insertExport(tx, {
        id: ids.next<ExportId>(),
        tenantId,
        creatorId: viewer.userId,
        kind,
        filter: { ...content.filter },
        format,
        status: "QUEUED",
        createdAt: now,
        expiresAt: after(now, MAX_RUN_MS),
      });
      await events.record(tx, exportEvent("EXPORT_CREATED", row, client));
      await queueExport(jobs, tx, row);
      return row;
    });
  }

  /**
   * A page of the tenant's exports, newest first.
   * @throws {AppError} FORBIDDEN/MISSING_PERMISSION, BAD_USER_INPUT
   */
  async list(viewer: Viewer, tenantId: TenantId, page: PageRequest): Promise<Page<ExportRow>> {
    requirePermissionIn(viewer, tenantId, EXPORT_PERMISSION);
    const slice = toSlice(page);
    const { db } = this.deps;
    return toPage(await listExports(db, tenantId, slice), slice, () => countExports(db, tenantId));
  }

  /** The export with this id if the viewer may see it; otherwise null. */
  async findVisible(viewer: Viewer, id: string): Promise<ExportRow | null> {
    if (!hasPermission(viewer, EXPORT_PERMISSION)) return null;
    const exportId = parseId<ExportId>(id);
    return exportId && findExport(this.deps.db, tenantScope(viewer), exportId);
  }

  /**
   * Deletes an export with its file; a running export stops.
   * @throws {AppError} NOT_FOUND
   */
  async delete(viewer: Viewer, id: string): Promise<ExportRow> {
    const found = await this.findVisible(viewer, id);
    if (found === null || (await deleteExport(this.deps.db, found)) === 0) throw new AppError("NOT_FOUND");
    return found;
  }

  /**
   * Refuses filters that cannot match, because the file would be empty without saying why.
   * @throws {AppError} BAD_USER_INPUT, NOT_FOUND
   */
  async #check(tenantId: TenantId, { kind, filter }: ExportContent): Promise<void> {
    if (kind === "USERS") {
      if (userQueryOf(filter, "input.content.users") === "NONE") throw new AppError("NOT_FOUND");
      if (filter.roleId != null) await requireTenantRoles(this.deps.db, tenantId, [filter.roleId]);
    } else if (filter.userId != null) await this.#requireHistory(tenantId, parseId<UserId>(filter.userId));
  }

  /** Events outlive their user, so a user counts as known to the tenant if they have events in it. */
  async #requireHistory(tenantId: TenantId, userId: UserId | null): Promise<void> {
    const query = { scope: tenantId, userId, types: null, occurredAt: ALWAYS };
    const slice = { limit: 1, below: null, above: null, backward: false };
    const events = userId === null ? [] : await listSecurityEvents(this.deps.db, query, slice);
    if (events.length === 0) throw new AppError("NOT_FOUND");
  }
}
