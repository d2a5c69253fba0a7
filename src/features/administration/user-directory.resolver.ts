import { Arg, Args, Ctx, ID, Query, Resolver } from "type-graphql";
import { type Session, SessionConnection } from "#features/sessions/index";
import { type User, UserType } from "#features/users/index";
import { RequiresPermission } from "#platform/schema/access";
import { type Connection, PageArgs, toConnection } from "#platform/schema/connection";
import type { SignedIn } from "#platform/schema/context";
import { SessionFilter, UserConnection, UserFilter, UserOrderInput } from "./directory.graphql.ts";
import type { UserDirectory } from "./user-directory.service.ts";

@Resolver()
export class DirectoryResolver {
  constructor(private readonly deps: { directory: UserDirectory }) {}

  @RequiresPermission("users:read")
  @Query(() => UserConnection, {
    description:
      "The users whose home tenant is the caller's tenant, newest first unless ordered otherwise; operators see those of all tenants.",
  })
  async users(
    @Arg("filter", () => UserFilter, { defaultValue: {}, description: "The users to list. If absent, all." })
    filter: UserFilter,
    @Arg("orderBy", () => UserOrderInput, {
      defaultValue: { field: "CREATED_AT", direction: "DESC" },
      description: "The order. If absent, newest first. A cursor is valid only in the order that it was issued for.",
    })
    orderBy: UserOrderInput,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Connection<User>> {
    return toConnection(await this.deps.directory.users(viewer, filter, page, orderBy));
  }

  @RequiresPermission("users:read")
  @Query(() => UserType, {
    nullable: true,
    description:
      "One user of the tenant; for operators, of any tenant. Null if the user does not exist or the caller may not see them.",
  })
  user(
    @Arg("id", () => ID, { description: "The user's id." }) id: string,
    @Ctx() { viewer }: SignedIn,
  ): Promise<User | null> {
    return this.deps.directory.user(viewer, id);
  }

  @RequiresPermission("sessions:read")
  @Query(() => SessionConnection, {
    description:
      "The sessions of the tenant, newest first, including those that ended in the last 30 days; operators see those of all tenants.",
  })
  async allSessions(
    @Arg("filter", () => SessionFilter, { defaultValue: {}, description: "The sessions to list. If absent, all." })
    filter: SessionFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Connection<Session>> {
    return toConnection(await this.deps.directory.sessions(viewer, filter, page));
  }
}
