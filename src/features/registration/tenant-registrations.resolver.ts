import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { type Tenant, TenantType } from "#features/tenants/index";
import { RequiresPermission } from "#platform/schema/access";
import { type Connection, connectionFor, PageArgs } from "#platform/schema/connection";
import type { SignedIn } from "#platform/schema/context";
import { requirePermissionIn } from "#shared/access-policy";
import { RegistrationConnection, RegistrationFilter } from "./approvals.graphql.ts";
import type { ApprovalsService, Registration } from "./approvals.service.ts";

/** The fields that registrations add to `Tenant`. */
@Resolver(() => TenantType)
export class TenantRegistrationsResolver {
  constructor(private readonly deps: { readonly approvals: ApprovalsService }) {}

  @RequiresPermission("registrations:decide")
  @FieldResolver(() => RegistrationConnection, {
    nullable: true,
    description:
      "Registrations in the tenant, newest first, until the address is verified. Null with an error if the caller may not list them.",
  })
  async registrations(
    @Root() { id }: Tenant,
    @Arg("filter", () => RegistrationFilter, {
      defaultValue: {},
      description: "The registrations to list. If absent, all.",
    })
    filter: RegistrationFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders, viewer }: SignedIn,
  ): Promise<Connection<Registration>> {
    requirePermissionIn(viewer, id, "registrations:decide");
    return connectionFor(loaders, this.deps.approvals.pagesOfTenants, id, { filter, page });
  }
}
