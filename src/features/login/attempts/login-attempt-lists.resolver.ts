import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { type Tenant, TenantType } from "#features/tenants/index";
import { type User, UserType } from "#features/users/index";
import { RequiresPermission } from "#platform/schema/access";
import { ShortPages } from "#platform/schema/bounds";
import { ChildPageArgs, type Connection, connectionFor, PageArgs } from "#platform/schema/connection";
import type { SignedIn } from "#platform/schema/context";
import { requirePermissionIn, tenantScope } from "#shared/access-policy";
import { shortPage } from "#shared/paging";
import { LoginAttemptConnection, LoginAttemptFilter, UserLoginAttemptFilter } from "./login-attempts.graphql.ts";
import type { LoginAttempt, LoginAttemptsService } from "./login-attempts.service.ts";

interface Deps {
  readonly attempts: LoginAttemptsService;
}

/** Adds login attempts to the user. */
@Resolver(() => UserType)
export class UserLoginAttemptsResolver {
  constructor(private readonly deps: Deps) {}

  @ShortPages()
  @RequiresPermission("audit:read")
  @FieldResolver(() => LoginAttemptConnection, {
    nullable: true,
    description:
      "Login attempts as this user, newest first. Null with an error without `audit:read` in the user's home tenant, also for the " +
      "user themselves, because the risk signals reveal how logins are assessed.",
  })
  async loginAttempts(
    @Root() { id, tenantId }: User,
    @Arg("filter", () => UserLoginAttemptFilter, {
      defaultValue: {},
      description: "The filter. If absent, all attempts.",
    })
    filter: UserLoginAttemptFilter,
    @Args(() => ChildPageArgs) page: ChildPageArgs,
    @Ctx() { loaders, viewer }: SignedIn,
  ): Promise<Connection<LoginAttempt>> {
    requirePermissionIn(viewer, tenantId, "audit:read");
    const args = { filter: { ...filter, scope: tenantScope(viewer) }, page: shortPage(page) };
    return connectionFor(loaders, this.deps.attempts.pagesOfUsers, id, args);
  }
}

/** Adds login attempts to the tenant. */
@Resolver(() => TenantType)
export class TenantLoginAttemptsResolver {
  constructor(private readonly deps: Deps) {}

  @RequiresPermission("audit:read")
  @FieldResolver(() => LoginAttemptConnection, {
    nullable: true,
    description: "Login attempts in the tenant, newest first. Null with an error if the caller may not list them.",
  })
  async loginAttempts(
    @Root() { id }: Tenant,
    @Arg("filter", () => LoginAttemptFilter, { defaultValue: {}, description: "The filter. If absent, all attempts." })
    filter: LoginAttemptFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders, viewer }: SignedIn,
  ): Promise<Connection<LoginAttempt>> {
    requirePermissionIn(viewer, id, "audit:read");
    return connectionFor(loaders, this.deps.attempts.pagesOfTenants, id, { filter, page });
  }
}
