import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from "type-graphql";
import { type User, type UsersService, UserType } from "#features/users/index";
import { RequiresPermission } from "#platform/schema/access";
import { type Connection, PageArgs, toConnection } from "#platform/schema/connection";
import type { SignedIn } from "#platform/schema/context";
import { canView } from "#shared/access-policy";
import { LoginAttemptConnection, LoginAttemptFilter, LoginAttemptType } from "./login-attempts.graphql.ts";
import type { LoginAttempt, LoginAttemptsService } from "./login-attempts.service.ts";

@Resolver(() => LoginAttemptType)
export class LoginAttemptsResolver {
  constructor(private readonly deps: { attempts: LoginAttemptsService; users: UsersService }) {}

  @RequiresPermission("audit:read")
  @Query(() => LoginAttemptConnection, {
    description:
      "Login attempts in the tenant, newest first. Operators see those of all tenants and those with unknown identifiers.",
  })
  async loginAttempts(
    @Arg("filter", () => LoginAttemptFilter, { defaultValue: {}, description: "The filter. If absent, all attempts." })
    filter: LoginAttemptFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Connection<LoginAttempt>> {
    return toConnection(await this.deps.attempts.list(viewer, filter, page));
  }

  @FieldResolver(() => UserType, {
    nullable: true,
    description:
      "The user with the identifier; null if no user has it, or if the user was deleted or moved to another tenant.",
  })
  async user(@Root() { userId }: LoginAttempt, @Ctx() { loaders, viewer }: SignedIn): Promise<User | null> {
    const user = userId && (await loaders.of(this.deps.users.byIds).load(userId));
    // An unverified user may have moved to another tenant since. The attempts of this tenant must not lead there.
    return user && canView(viewer, { userId: user.id, tenantId: user.tenantId }, "users:read") ? user : null;
  }
}
