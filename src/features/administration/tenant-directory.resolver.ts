import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { type Session, SessionConnection } from "#features/sessions/index";
import { type Tenant, TenantType } from "#features/tenants/index";
import type { User } from "#features/users/index";
import { RequiresPermission } from "#platform/schema/access";
import { type Connection, connectionFor, PageArgs } from "#platform/schema/connection";
import type { SignedIn } from "#platform/schema/context";
import { requirePermissionIn } from "#shared/access-policy";
import { SessionFilter, UserConnection, UserFilter } from "./directory.graphql.ts";
import { requireRightToFilter } from "./user-criteria.ts";
import type { UserDirectory } from "./user-directory.service.ts";

/** The directory fields of a tenant. */
@Resolver(() => TenantType)
export class TenantDirectoryResolver {
  constructor(private readonly deps: { readonly directory: UserDirectory }) {}

  @RequiresPermission("users:read")
  @FieldResolver(() => UserConnection, {
    nullable: true,
    description:
      "The users whose home tenant is this tenant, newest first. Null with an error if the caller may not list them.",
  })
  async users(
    @Root() { id }: Tenant,
    @Arg("filter", () => UserFilter, { defaultValue: {}, description: "The users to list. If absent, all." })
    filter: UserFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders, viewer }: SignedIn,
  ): Promise<Connection<User>> {
    requirePermissionIn(viewer, id, "users:read");
    requireRightToFilter(viewer, filter);
    return connectionFor(loaders, this.deps.directory.usersOfTenants, id, { filter, page });
  }

  @RequiresPermission("sessions:read")
  @FieldResolver(() => SessionConnection, {
    nullable: true,
    description:
      "The sessions of the users whose home tenant is this tenant, newest first, including those that ended in the last 30 days. " +
      "Null with an error if the caller may not list them.",
  })
  async sessions(
    @Root() { id }: Tenant,
    @Arg("filter", () => SessionFilter, { defaultValue: {}, description: "The sessions to list. If absent, all." })
    filter: SessionFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders, viewer }: SignedIn,
  ): Promise<Connection<Session>> {
    requirePermissionIn(viewer, id, "sessions:read");
    return connectionFor(loaders, this.deps.directory.sessionsOfTenants, id, { filter, page });
  }
}
