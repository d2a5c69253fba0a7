import { Ctx, FieldResolver, Query, Resolver, Root } from "type-graphql";
import { type Tenant, type TenantsService, TenantType } from "#features/tenants/index";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { DateTime } from "#platform/schema/scalars";
import { type OwnUser, ownUserOf } from "./own-user.ts";
import { UserType } from "./users.graphql.ts";
import type { User, UsersService } from "./users.service.ts";

@Resolver(() => UserType)
export class UsersResolver {
  constructor(private readonly deps: { users: UsersService; tenants: TenantsService }) {}

  @Query(() => UserType, { description: "The signed-in user." })
  async me(@Ctx() { viewer }: SignedIn): Promise<User | OwnUser> {
    return ownUserOf(viewer) ?? this.deps.users.get(viewer.userId);
  }

  @FieldResolver(() => DateTime, {
    nullable: true,
    description: "The last successful login; null before the first.",
  })
  async lastLoginAt(@Root() user: User | OwnUser, @Ctx() { loaders }: RequestContext): Promise<Date | null> {
    if ("lastLoginAt" in user) return user.lastLoginAt;
    return (await loaders.of(this.deps.users.byIds).load(user.id))?.lastLoginAt ?? null;
  }

  @FieldResolver(() => TenantType, {
    description: "The user's home tenant, which manages the account. `memberships` lists the others.",
  })
  tenant(@Root() { tenantId }: User, @Ctx() { loaders }: RequestContext): Promise<Tenant | null> {
    return loaders.of(this.deps.tenants.byIds).load(tenantId);
  }
}
