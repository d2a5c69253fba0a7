import { DAY, HOUR } from "#shared/durations";
import type { Permission } from "#shared/permissions";

export const EXPORT_KINDS = ["USERS", "SECURITY_EVENTS"] as const;
export type ExportKind = (typeof EXPORT_KINDS)[number];

export const EXPORT_FORMATS = ["NDJSON", "CSV"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const EXPORT_STATUSES = ["QUEUED", "RUNNING", "READY", "FAILED", "EXPIRED"] as const;
export type ExportStatus = (typeof EXPORT_STATUSES)[number];

export const EXPORT_FAILURES = ["CREATOR_LOST_PERMISSION", "TOO_LARGE", "INTERNAL"] as const;
export type ExportFailure = (typeof EXPORT_FAILURES)[number];

/** The permission to create, see and download exports, in addition to the permissions for the content. */
export const EXPORT_PERMISSION = "exports:create" satisfies Permission;

/** The permissions to read the content outside of exports. Files of users include their roles. */
const CONTENT_PERMISSIONS: Readonly<Record<ExportKind, readonly Permission[]>> = {
  USERS: ["users:read", "members:read"],
  SECURITY_EVENTS: ["audit:read"],
};

/** The permissions to create this export, to have it written, and to download it. */
export const permissionsFor = (kind: ExportKind, filter: object): readonly Permission[] => [
  EXPORT_PERMISSION,
  ...CONTENT_PERMISSIONS[kind],
  // Risk is derived from login attempts.
  ...("risk" in filter && filter.risk != null ? (["audit:read"] as const) : []),
];

/** The most finished files that a tenant may keep. */
export const MAX_READY = 20;

/** The most exports of a tenant that are queued or running. */
export const MAX_UNFINISHED = 2;

/** The rows that one step reads and one chunk holds. */
export const BATCH_ROWS = 1_000;

/** How long one job works on an export before another continues it, so that long exports do not block the queue. */
export const MAX_JOB_RUN_MS = 10_000;

/** How long the row of an export is kept after its file was deleted. */
export const EXPORT_ROW_RETENTION_MS = 30 * DAY;

/** An export that is not ready this long after its creation is abandoned. */
export const MAX_RUN_MS = 24 * HOUR;

interface Dated {
  readonly status: ExportStatus;
  readonly expiresAt: Date;
}

/** The status at this instant. The stored one may be outdated, because the job that marks expired exports runs later. */
export const statusAt = ({ status, expiresAt }: Dated, now: Date): ExportStatus =>
  status !== "FAILED" && expiresAt <= now ? "EXPIRED" : status;

/** `users-2026-11-30.csv`: the day of the request, in UTC. */
export const fileNameOf = (kind: ExportKind, format: ExportFormat, createdAt: Date): string =>
  `${kind.toLowerCase().replace("_", "-")}-${createdAt.toISOString().slice(0, 10)}.${format.toLowerCase()}`;

/** The media type of a file (RFC 4180; NDJSON has no registered one). */
export const MEDIA_TYPE: Readonly<Record<ExportFormat, string>> = {
  CSV: "text/csv; charset=utf-8; header=present",
  NDJSON: "application/x-ndjson; charset=utf-8",
};
