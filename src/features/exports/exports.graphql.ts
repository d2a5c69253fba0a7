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
    NDJSON: "A JSON object a line, with the names of the schema: for programs.",
    CSV: "A line of column names, then a line for each row (RFC 4180): for spreadsheets. Text that a spreadsheet would run as a formula begins with an apostrophe.",
  },
);

export const ExportStatusEnum = describedEnum<ExportStatus>("ExportStatus", "How far an export is.", {
  QUEUED: "It waits for a worker.",
  RUNNING: "Its file is being written: `rowCount` grows.",
  READY: "Its creator can download the file until `expiresAt`.",
  FAILED: "It was given up: see `failure`.",
  EXPIRED: "The file was deleted.",
});

export const ExportFailureEnum = describedEnum<ExportFailure>("ExportFailure", "Why an export was given up.", {
  CREATOR_LOST_PERMISSION: "The creator may no longer export this from the tenant.",
  TOO_LARGE: "It has more rows than the setting EXPORT_MAX_ROWS allows. Use a narrower filter.",
  INTERNAL: "A fault of the server. Try again later.",
});

@ObjectType("Export", {
  implements: Node,
  description:
    "A file with users or security events of a tenant, written by a job. Visible to callers with `exports:create` in the tenant.",
})
export class ExportType implements Node {
  id!: ExportId;

  @Field(() => ExportKindEnum, { description: "What it contains." })
  kind!: ExportKind;

  @Field(() => ExportFormatEnum, { description: "The format of the file." })
  format!: ExportFormat;

  @Field(() => ExportFailureEnum, {
    nullable: true,
    description: "Why it was given up. Null unless the status is FAILED.",
  })
  failure!: ExportFailure | null;

  @Field(() => Int, {
    description: "How many rows were written so far. The number of all rows is not known before READY.",
  })
  rowCount!: number;

  @Field(() => DateTime, { description: "When it was requested. It contains what existed then." })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "When it became READY or FAILED. Null before." })
  finishedAt!: Date | null;

  @Field(() => DateTime, {
    description: "When the file is deleted. Before the export is READY: when it is given up.",
  })
  expiresAt!: Date;
}

export const ExportConnection = connectionOf(ExportType, "Export");

@Directive("@oneOf")
@InputType({ description: "What to export: exactly one of these." })
export class ExportContentInput {
  @Field(() => UserFilter, {
    nullable: true,
    description:
      "The users of the tenant that meet this filter; `{}`: all. Needs the permissions `users:read` and `members:read`.",
  })
  users?: UserFilter | null;

  @Field(() => SecurityEventFilter, {
    nullable: true,
    description:
      "The security events of the tenant that meet this filter; `{}`: all. Needs the permission `audit:read`.",
  })
  securityEvents?: SecurityEventFilter | null;
}

@InputType({ description: "What to export, and how." })
export class CreateExportInput {
  @Field(() => ExportContentInput, { description: "What to export." })
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

@ObjectType({ description: "The export and its file are gone." })
export class DeleteExportPayload {
  @Field(() => ID, { description: "The export that was deleted." })
  deletedExportId!: string;
}
