import { Ctx, FieldResolver, Query, Resolver, Root } from "type-graphql";
import { type Tenant, type TenantsService, TenantType } from "#features/tenants/index";
import { type User, type UsersService, UserType } from "#features/users/index";
import { AtMost } from "#platform/schema/bounds";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { allowedTo } from "#shared/access-policy";
import type { Viewer } from "#shared/viewer";
import { type DescribedPermission, MAX_PERMISSIONS, type PermissionCatalogue } from "./permission-catalogue.ts";
import { PermissionType, ViewerType } from "./viewer.graphql.ts";

interface Deps {
  readonly permissionCatalogue: PermissionCatalogue;
  readonly tenants: TenantsService;
  readonly users: UsersService;
}

/** What the caller may do, for clients that show only that. */
@Resolver(() => ViewerType)
export class ViewerResolver {
  constructor(private readonly deps: Deps) {}

  @Query(() => ViewerType, { description: "The caller of this operation, and what the access token allows." })
  viewer(@Ctx() { viewer }: SignedIn): Viewer {
    return { ...viewer, permissions: allowedTo(viewer) };
  }

  @AtMost(MAX_PERMISSIONS)
  @Query(() => [PermissionType], {
    description:
      "All permissions that roles can contain, those of this API first. A caller can grant only the ones they hold (`Viewer.permissions`).",
  })
  permissions(): readonly DescribedPermission[] {
    return this.deps.permissionCatalogue.described;
  }

  @FieldResolver(() => UserType, { description: "The signed-in user, as in `me`." })
  user(@Root() { userId }: Viewer, @Ctx() { loaders }: RequestContext): Promise<User | null> {
    return loaders.of(this.deps.users.byIds).load(userId);
  }

  @FieldResolver(() => TenantType, { description: "The tenant of the access token, as in `tenant`." })
  tenant(@Root() { tenantId }: Viewer, @Ctx() { loaders }: RequestContext): Promise<Tenant | null> {
    return loaders.of(this.deps.tenants.byIds).load(tenantId);
  }
}
