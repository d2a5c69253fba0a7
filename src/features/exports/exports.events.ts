import type { SecurityEventDraft } from "#features/audit/index";
import type { ClientInfo } from "#shared/client-info";
import type { ExportRow } from "./exports.repository.ts";

/** The creator started the export, or downloaded its file. */
export const exportEvent = (
  type: "EXPORT_CREATED" | "EXPORT_DOWNLOADED",
  { id, tenantId, creatorId, kind }: ExportRow,
  client: ClientInfo,
): SecurityEventDraft => ({
  type,
  tenantId,
  userId: creatorId,
  client,
  details: { exportId: id, exportKind: kind },
});
