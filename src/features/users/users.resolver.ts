import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import type { RequestContext, SignedIn } from "../../platform/schema/context.ts";
import { SecurityEvent, type SecurityEventRow } from "../audit/index.ts";
import { type Tenant, type TenantsService, TenantType } from "../tenants/index.ts";
import { UpdateProfileInput, UserPayload, UserType } from "./users.graphql.ts";
import type { User, UsersService } from "./users.service.ts";

@Resolver(() => UserType)
export class UsersResolver {
  readonly #users: UsersService;
  readonly #tenants: TenantsService;

  constructor({ users, tenants }: { users: UsersService; tenants: TenantsService }) {
    this.#users = users;
    this.#tenants = tenants;
  }

  @Query(() => UserType, { description: "The signed-in user." })
  me(@Ctx() { viewer }: SignedIn): Promise<User> {
    return this.#users.get(viewer.userId);
  }

  @Mutation(() => UserPayload, { description: "Changes the own name or language." })
  async updateProfile(
    @Arg("input", () => UpdateProfileInput, { description: "What to change." }) input: UpdateProfileInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<UserPayload> {
    return { user: await this.#users.updateProfile(viewer, input) };
  }

  @FieldResolver(() => TenantType, { description: "The company the user belongs to." })
  tenant(@Root() { tenantId }: User, @Ctx() { loaders }: RequestContext): Promise<Tenant | null> {
    return loaders.of(this.#tenants.byIds).load(tenantId);
  }
}

@Resolver(() => SecurityEvent)
export class SecurityEventUserResolver {
  readonly #users: UsersService;

  constructor({ users }: { users: UsersService }) {
    this.#users = users;
  }

  @FieldResolver(() => UserType, {
    nullable: true,
    description: "Whom it happened to; null where nobody is known, or the user is deleted.",
  })
  async user(@Root() { userId }: SecurityEventRow, @Ctx() { loaders }: RequestContext): Promise<User | null> {
    return userId && loaders.of(this.#users.byIds).load(userId);
  }
}
