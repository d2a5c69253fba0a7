import { Arg, Args, Ctx, FieldResolver, Int, Resolver, Root } from "type-graphql";
import { type Tenant, type TenantsService, TenantType } from "#features/tenants/index";
import { type User, type UsersService, UserType } from "#features/users/index";
import { RequiresPermission } from "#platform/schema/access";
import { AtMost } from "#platform/schema/bounds";
import { type Connection, connectionFor, PageArgs } from "#platform/schema/connection";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { canView, requirePermissionIn } from "#shared/access-policy";
import { CHILD_PAGE, toSlice } from "#shared/paging";
import { MembershipConnection, MembershipFilter, MembershipType, RoleType } from "./memberships.graphql.ts";
import { MAX_ROLES, type Member, type MembershipsService, type RoleRow } from "./memberships.service.ts";
import { MAX_ROLES_OF_MEMBER } from "./tenant-roles.ts";

interface Deps {
  readonly memberships: MembershipsService;
  readonly tenants: TenantsService;
  readonly users: UsersService;
}

@Resolver(() => MembershipType)
export class MembershipsResolver {
  constructor(private readonly deps: Deps) {}

  @FieldResolver(() => UserType, {
    nullable: true,
    description:
      "The user. Null if the caller may not see the account, because its home is another tenant or the caller lacks `users:read`.",
  })
  async user(@Root() { userId, homeTenantId }: Member, @Ctx() { loaders, viewer }: SignedIn): Promise<User | null> {
    if (!canView(viewer, { userId, tenantId: homeTenantId }, "users:read")) return null;
    return loaders.of(this.deps.users.byIds).load(userId);
  }

  @FieldResolver(() => TenantType, { description: "The tenant." })
  tenant(@Root() { tenantId }: Member, @Ctx() { loaders }: RequestContext): Promise<Tenant | null> {
    return loaders.of(this.deps.tenants.byIds).load(tenantId);
  }

  @AtMost(MAX_ROLES_OF_MEMBER)
  @FieldResolver(() => [RoleType], { description: "The roles in the tenant; always includes MEMBER." })
  async roles(@Root() { id }: Member, @Ctx() { loaders }: RequestContext): Promise<readonly RoleRow[]> {
    return (await loaders.of(this.deps.memberships.rolesByMemberships).load(id)) ?? [];
  }

  @FieldResolver(() => UserType, {
    nullable: true,
    description:
      "The user who sent the invitation; null if there was no invitation, the account is deleted, or the caller may not see it.",
  })
  async invitedBy(@Root() { invitedBy }: Member, @Ctx() { loaders, viewer }: SignedIn): Promise<User | null> {
    const user = invitedBy && (await loaders.of(this.deps.users.byIds).load(invitedBy));
    return user && canView(viewer, { userId: user.id, tenantId: user.tenantId }, "users:read") ? user : null;
  }

  @FieldResolver(() => Boolean, {
    description: "Whether the tenant is the user's home tenant, which manages the account.",
  })
  isHome(@Root() { tenantId, homeTenantId }: Member): boolean {
    return tenantId === homeTenantId;
  }
}

@Resolver(() => RoleType)
export class RolesResolver {
  constructor(private readonly deps: Pick<Deps, "memberships">) {}

  @FieldResolver(() => [String], {
    description:
      "The permissions of the role, as `resource:action`; ADMIN has all permissions. docs/permissions.md lists them.",
  })
  permissions(@Root() role: RoleRow): readonly string[] {
    return this.deps.memberships.permissionsOf(role);
  }

  @FieldResolver(() => Boolean, {
    description: "Whether the role is MEMBER or ADMIN, which every tenant has and which cannot be changed.",
  })
  isBuiltIn(@Root() { builtIn }: RoleRow): boolean {
    return builtIn !== null;
  }
}

@Resolver(() => UserType)
export class UserMembershipsResolver {
  constructor(private readonly deps: Pick<Deps, "memberships">) {}

  @FieldResolver(() => [MembershipType], {
    description:
      "The user's memberships, the oldest first; at most 100. Callers other than the user only see those in their own tenant.",
  })
  async memberships(
    @Root() { id }: User,
    @Arg("first", () => Int, {
      defaultValue: CHILD_PAGE,
      description: "The maximum number of memberships: 1 to 100. Use 100 to let the user choose a tenant.",
    })
    first: number,
    @Ctx() { loaders, viewer }: SignedIn,
  ): Promise<readonly Member[]> {
    const { limit } = toSlice({ first });
    const all = (await loaders.of(this.deps.memberships.byUsers).load(id)) ?? [];
    return this.deps.memberships.visibleOf(viewer, all).slice(0, limit - 1);
  }
}

@Resolver(() => TenantType)
export class TenantMembershipsResolver {
  constructor(private readonly deps: Pick<Deps, "memberships">) {}

  @RequiresPermission("members:read")
  @FieldResolver(() => MembershipConnection, {
    nullable: true,
    description: "The members of the tenant, the newest first. Null with an error if the caller may not list them.",
  })
  async members(
    @Root() { id }: Tenant,
    @Arg("filter", () => MembershipFilter, { defaultValue: {}, description: "The members to list. If absent, all." })
    filter: MembershipFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders, viewer }: SignedIn,
  ): Promise<Connection<Member>> {
    requirePermissionIn(viewer, id, "members:read");
    return connectionFor(loaders, this.deps.memberships.pagesOfTenants, id, { filter, page });
  }

  @AtMost(MAX_ROLES)
  @FieldResolver(() => [RoleType], { description: "The roles of the tenant: MEMBER, ADMIN, then by name." })
  async roles(@Root() { id }: Tenant, @Ctx() { loaders }: RequestContext): Promise<readonly RoleRow[]> {
    return (await loaders.of(this.deps.memberships.rolesByTenants).load(id)) ?? [];
  }
}
