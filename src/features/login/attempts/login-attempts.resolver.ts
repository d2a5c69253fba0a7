import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from "type-graphql";
import { type User, type UsersService, UserType } from "#features/users/index";
import { RequiresPermission } from "#platform/schema/access";
import { type Connection, PageArgs, toConnection } from "#platform/schema/connection";
import type { SignedIn } from "#platform/schema/context";
import { maySee } from "#shared/visibility";
import { LoginAttemptConnection, LoginAttemptFilter, LoginAttemptType } from "./login-attempts.graphql.ts";
import type { LoginAttempt, LoginAttemptsService } from "./login-attempts.service.ts";

@Resolver(() => LoginAttemptType)
export class LoginAttemptsResolver {
  constructor(private readonly deps: { attempts: LoginAttemptsService; users: UsersService }) {}

  @RequiresPermission("audit:read")
  @Query(() => LoginAttemptConnection, {
    description:
      "Who tried to log in to the tenant, newest first; operators see every tenant, and unknown identifiers.",
  })
  async loginAttempts(
    @Arg("filter", () => LoginAttemptFilter, { defaultValue: {}, description: "Which ones; absent: all." })
    filter: LoginAttemptFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Connection<LoginAttempt>> {
    return toConnection(await this.deps.attempts.list(viewer, filter, page));
  }

  @FieldResolver(() => UserType, {
    nullable: true,
    description:
      "The user whose account it was; null if no user has the identifier, or if the user was deleted or moved to another tenant.",
  })
  async user(@Root() { userId }: LoginAttempt, @Ctx() { loaders, viewer }: SignedIn): Promise<User | null> {
    const user = userId && (await loaders.of(this.deps.users.byIds).load(userId));
    // Who had proved no address yet may have become another tenant's since: what happened here does not lead there.
    return user && maySee(viewer, { userId: user.id, tenantId: user.tenantId }, "users:read") ? user : null;
  }
}
