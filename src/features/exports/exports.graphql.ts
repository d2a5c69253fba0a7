import { Directive, Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { UserFilter } from "#features/administration/index";
import { SecurityEventFilter } from "#features/audit/index";
import { ExportKindEnum } from "#features/security-history/index";
import { describedEnum } from "#platform/schema/common.graphql";
import { connectionOf } from "#platform/schema/connection";
import { Node } from "#platform/schema/node";
import { DateTime } from "#platform/schema/scalars";
import type { ExportId } from "#shared/ids";
import type { ExportFailure, ExportFormat, ExportKind, ExportStatus } from "./exports.policy.ts";
import type { ExportRow } from "./exports.repository.ts";

export const ExportFormatEnum = describedEnum<ExportFormat>(
  "ExportFormat",
  "The format of an exported file, in UTF-8.",
  {
    NDJSON: "One JSON object per line, with the names of the schema. For programs.",
    CSV: "A line of column names, then a line for each row (RFC 4180). For spreadsheets. Text that a spreadsheet would execute as a formula is prefixed with an apostrophe.",
  },
);

export const ExportStatusEnum = describedEnum<ExportStatus>("ExportStatus", "The progress of an export.", {
  QUEUED: "Waiting for a worker.",
  RUNNING: "The file is being written; `rowCount` grows.",
  READY: "The creator can download the file until `expiresAt`.",
  FAILED: "The export failed: see `failure`.",
  EXPIRED: "The file was deleted.",
});

export const ExportFailureEnum = describedEnum<ExportFailure>("ExportFailure", "The reason why an export failed.", {
  CREATOR_LOST_PERMISSION: "The creator lost the permission to export this from the tenant.",
  TOO_LARGE: "The export has more rows than the setting EXPORT_MAX_ROWS allows. Use a narrower filter.",
  INTERNAL: "An internal server error. Try again later.",
});

@ObjectType("Export", {
  implements: Node,
  description:
    "A file with users or security events of a tenant, written in the background. Visible to callers with `exports:create` in the tenant.",
})
export class ExportType implements Node {
  id!: ExportId;

  @Field(() => ExportKindEnum, { description: "The kind of content." })
  kind!: ExportKind;

  @Field(() => ExportFormatEnum, { description: "The format of the file." })
  format!: ExportFormat;

  @Field(() => ExportFailureEnum, {
    nullable: true,
    description: "The reason of the failure. Null unless the status is FAILED.",
  })
  failure!: ExportFailure | null;

  @Field(() => Int, {
    description: "The number of rows written so far. The total is not known before READY.",
  })
  rowCount!: number;

  @Field(() => DateTime, { description: "When the export was requested. It contains only rows that existed then." })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "When the export became READY or FAILED. Null before that." })
  finishedAt!: Date | null;

  @Field(() => DateTime, {
    description: "When the file is deleted. Before the export is READY: when the export is abandoned.",
  })
  expiresAt!: Date;
}

export const ExportConnection = connectionOf(ExportType, "Export");

@Directive("@oneOf")
@InputType({ description: "The content to export: exactly one of these." })
export class ExportContentInput {
  @Field(() => UserFilter, {
    nullable: true,
    description:
      "The users of the tenant that match this filter; all users if it is `{}`. Requires the permissions `users:read` and `members:read`.",
  })
  users?: UserFilter | null;

  @Field(() => SecurityEventFilter, {
    nullable: true,
    description:
      "The security events of the tenant that match this filter; all events if it is `{}`. Requires the permission `audit:read`.",
  })
  securityEvents?: SecurityEventFilter | null;
}

@InputType({ description: "The content and the format of the export." })
export class CreateExportInput {
  @Field(() => ExportContentInput, { description: "The content to export." })
  content!: ExportContentInput;

  @Field(() => ExportFormatEnum, { description: "The format of the file." })
  format!: ExportFormat;
}

@ObjectType({ description: "The export, QUEUED." })
export class CreateExportPayload {
  @Field(() => ExportType, { description: "The export." })
  export!: ExportRow;
}

@InputType({ description: "The export to delete." })
export class DeleteExportInput {
  @Field(() => ID, { description: "An export of the tenant, in any status." })
  exportId!: string;
}

@ObjectType({ description: "The export and its file are deleted." })
export class DeleteExportPayload {
  @Field(() => ID, { description: "The deleted export." })
  deletedExportId!: string;
}
