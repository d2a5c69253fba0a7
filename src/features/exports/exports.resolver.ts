import { Arg, Args, Ctx, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import { type Tenant, TenantType } from "#features/tenants/index";
import { type User, type UsersService, UserType } from "#features/users/index";
import type { Clock } from "#platform/clock";
import { RateLimit, Reauth, RequiresPermission } from "#platform/schema/access";
import { type Connection, PageArgs, toConnection } from "#platform/schema/connection";
import type { SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { Url } from "#platform/schema/scalars";
import { canView } from "#shared/access-policy";
import {
  CreateExportInput,
  CreateExportPayload,
  DeleteExportInput,
  DeleteExportPayload,
  ExportConnection,
  type ExportContentInput,
  ExportStatusEnum,
  ExportType,
} from "./exports.graphql.ts";
import { type ExportStatus, statusAt } from "./exports.policy.ts";
import { EXPORTS_PATH } from "./exports.routes.ts";
import type { ExportContent, ExportRow, ExportsService } from "./exports.service.ts";

@Resolver()
export class ExportsResolver {
  constructor(private readonly deps: { exports: ExportsService }) {}

  @RequiresPermission("exports:create")
  @Reauth()
  @RateLimit({ limit: 60, window: 3600, per: ["USER"] })
  @Fails("CONFLICT", "NOT_FOUND")
  @Mutation(() => CreateExportPayload, {
    description:
      "Starts an export of users or security events from the tenant of the access token. The file is written in the background; poll `Export.status`. Also requires " +
      "the permissions to read the content. Refused while two exports of the tenant are unfinished or 20 files are kept, for a role of another " +
      "tenant, and for a user without security events in the tenant.",
  })
  async createExport(
    @Arg("input", () => CreateExportInput, { description: "The content and the format." })
    { content, format }: CreateExportInput,
    @Ctx() actor: SignedIn,
  ): Promise<CreateExportPayload> {
    return { export: await this.deps.exports.create(actor, contentOf(content), format) };
  }

  @RequiresPermission("exports:create")
  @Fails("NOT_FOUND")
  @Mutation(() => DeleteExportPayload, {
    description:
      "Deletes an export of the tenant and its file; a running export stops. Operators can delete exports of any tenant.",
  })
  async deleteExport(
    @Arg("input", () => DeleteExportInput, { description: "The export." }) { exportId }: DeleteExportInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<DeleteExportPayload> {
    return { deletedExportId: (await this.deps.exports.delete(viewer, exportId)).id };
  }
}

/** Exactly one is present (@oneOf). */
const contentOf = ({ users, securityEvents }: ExportContentInput): ExportContent =>
  users == null ? { kind: "SECURITY_EVENTS", filter: securityEvents ?? {} } : { kind: "USERS", filter: users };

@Resolver(() => TenantType)
export class TenantExportsResolver {
  constructor(private readonly deps: { exports: ExportsService }) {}

  @RequiresPermission("exports:create")
  @FieldResolver(() => ExportConnection, {
    nullable: true,
    description:
      "The exports of the tenant, newest first. They remain listed for 30 days after their files were deleted. Null with an error if the caller may not see them.",
  })
  async exports(
    @Root() { id }: Tenant,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Connection<ExportRow>> {
    return toConnection(await this.deps.exports.list(viewer, id, page));
  }
}

interface ExportFieldsDeps {
  readonly clock: Clock;
  readonly users: UsersService;
  readonly config: { readonly publicUrl: string };
}

@Resolver(() => ExportType)
export class ExportResolver {
  constructor(private readonly deps: ExportFieldsDeps) {}

  @FieldResolver(() => ExportStatusEnum, { description: "The progress of the export." })
  status(@Root() row: ExportRow): ExportStatus {
    return statusAt(row, this.deps.clock.now());
  }

  @FieldResolver(() => UserType, {
    nullable: true,
    description: "The user who started the export. Null if the user is deleted or the caller may not see them.",
  })
  async creator(@Root() { creatorId }: ExportRow, @Ctx() { loaders, viewer }: SignedIn): Promise<User | null> {
    const user = await loaders.of(this.deps.users.byIds).load(creatorId);
    return user && canView(viewer, { userId: user.id, tenantId: user.tenantId }, "users:read") ? user : null;
  }

  @FieldResolver(() => Url, {
    nullable: true,
    description:
      "The URL of the file. Send a GET request with an access token elevated by `reauthenticate` in the header `Authorization`. The URL is not a " +
      "secret. Null unless the export is READY and the caller is its creator, because no other user can download it.",
  })
  downloadUrl(@Root() row: ExportRow, @Ctx() { viewer }: SignedIn): string | null {
    const { clock, config } = this.deps;
    const isOffered = statusAt(row, clock.now()) === "READY" && row.creatorId === viewer.userId;
    return isOffered ? `${config.publicUrl}${EXPORTS_PATH}/${row.id}` : null;
  }
}
