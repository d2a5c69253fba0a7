import { bigint, index, integer, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { bytea, jsonb, timestamptz } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { ExportId, TenantId, UserId } from "#shared/ids";
import { EXPORT_FAILURES, EXPORT_FORMATS, EXPORT_KINDS, EXPORT_STATUSES } from "./exports.policy.ts";

/** Exports that users started, and their progress. */
export const exports = pgTable(
  "exports",
  {
    id: uuid("id").$type<ExportId>().primaryKey(),
    tenantId: ofTenant({ onDelete: "cascade" }),
    /** No foreign key, because the user may be deleted. Not named `user_id`, so that `move_home` leaves it in its tenant. */
    creatorId: uuid("creator_id").$type<UserId>().notNull(),
    kind: text("kind", { enum: EXPORT_KINDS }).notNull(),
    /** As the creator gave it; empty once the file was deleted, because it may identify people. */
    filter: jsonb<Record<string, unknown>>("filter").notNull(),
    format: text("format", { enum: EXPORT_FORMATS }).notNull(),
    status: text("status", { enum: EXPORT_STATUSES }).notNull(),
    /** Null unless the status is FAILED. */
    failure: text("failure", { enum: EXPORT_FAILURES }),
    rowCount: integer("row_count").notNull().default(0),
    /** Size of the uncompressed file. */
    byteCount: bigint("byte_count", { mode: "number" }).notNull().default(0),
    chunkCount: integer("chunk_count").notNull().default(0),
    /** The id of the last row written, after which a job continues. */
    lastRowId: uuid("last_row_id"),
    createdAt: timestamptz("created_at").notNull(),
    finishedAt: timestamptz("finished_at"),
    expiresAt: timestamptz("expires_at").notNull(),
  },
  (table) => [
    ...valueChecks(table),
    // `listExports`, `countWithStatus`; the foreign key to tenants.
    index("exports_tenant_id_id_idx").on(table.tenantId, table.id),
    // `expireExports`, `deleteExportsExpiredBefore`.
    index("exports_expires_at_idx").on(table.expiresAt),
  ],
);

/** The parts of the files, in order, each compressed separately (gzip). */
export const exportChunks = pgTable(
  "export_chunks",
  {
    exportId: uuid("export_id")
      .$type<ExportId>()
      .notNull()
      .references(() => exports.id, { onDelete: "cascade" }),
    position: integer("position").notNull(),
    tenantId: uuid("tenant_id").$type<TenantId>().notNull(),
    data: bytea("data").notNull(),
  },
  // `findChunk`.
  (table) => [primaryKey({ name: "export_chunks_pkey", columns: [table.exportId, table.position] })],
);
