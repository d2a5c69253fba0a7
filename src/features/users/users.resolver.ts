import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import { SecurityEvent, type SecurityEventRow } from "#features/audit/index";
import { type Tenant, type TenantsService, TenantType } from "#features/tenants/index";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { maySee } from "#shared/visibility";
import { UpdateProfileInput, UserPayload, UserType } from "./users.graphql.ts";
import type { User, UsersService } from "./users.service.ts";

@Resolver(() => UserType)
export class UsersResolver {
  constructor(private readonly deps: { users: UsersService; tenants: TenantsService }) {}

  @Query(() => UserType, { description: "The signed-in user." })
  me(@Ctx() { viewer }: SignedIn): Promise<User> {
    return this.deps.users.get(viewer.userId);
  }

  @Mutation(() => UserPayload, { description: "Changes the own name or language." })
  async updateProfile(
    @Arg("input", () => UpdateProfileInput, { description: "What to change." }) input: UpdateProfileInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<UserPayload> {
    return { user: await this.deps.users.updateProfile(viewer, input) };
  }

  @FieldResolver(() => TenantType, { description: "The company the user belongs to." })
  tenant(@Root() { tenantId }: User, @Ctx() { loaders }: RequestContext): Promise<Tenant | null> {
    return loaders.of(this.deps.tenants.byIds).load(tenantId);
  }
}

@Resolver(() => SecurityEvent)
export class SecurityEventUserResolver {
  constructor(private readonly deps: { users: UsersService }) {}

  @FieldResolver(() => UserType, {
    nullable: true,
    description: "Whom it happened to; null where nobody is known, or the user is deleted or another tenant's by now.",
  })
  async user(@Root() { userId }: SecurityEventRow, @Ctx() { loaders, viewer }: SignedIn): Promise<User | null> {
    const user = userId && (await loaders.of(this.deps.users.byIds).load(userId));
    // Who had proved no address yet may have become another tenant's since: what happened here does not lead there.
    return user && maySee(viewer, { userId: user.id, tenantId: user.tenantId }) ? user : null;
  }
}
