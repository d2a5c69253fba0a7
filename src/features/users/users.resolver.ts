import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import { type Tenant, type TenantsService, TenantType } from "#features/tenants/index";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { UpdateProfileInput, UpdateProfilePayload, UserType } from "./users.graphql.ts";
import type { User, UsersService } from "./users.service.ts";

@Resolver(() => UserType)
export class UsersResolver {
  constructor(private readonly deps: { users: UsersService; tenants: TenantsService }) {}

  @Query(() => UserType, { description: "The signed-in user." })
  me(@Ctx() { viewer }: SignedIn): Promise<User> {
    return this.deps.users.get(viewer.userId);
  }

  @Fails()
  @Mutation(() => UpdateProfilePayload, { description: "Changes the caller's name or language." })
  async updateProfile(
    @Arg("input", () => UpdateProfileInput, { description: "The changes." }) input: UpdateProfileInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<UpdateProfilePayload> {
    return { user: await this.deps.users.updateProfile(viewer, input) };
  }

  @FieldResolver(() => TenantType, {
    description: "The user's home tenant, which manages the account. `memberships` lists the others.",
  })
  tenant(@Root() { tenantId }: User, @Ctx() { loaders }: RequestContext): Promise<Tenant | null> {
    return loaders.of(this.deps.tenants.byIds).load(tenantId);
  }
}
