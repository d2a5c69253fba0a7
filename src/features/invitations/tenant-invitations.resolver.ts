import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { type Tenant, TenantType } from "#features/tenants/index";
import { RequiresPermission } from "#platform/schema/access";
import { type Connection, connectionFor, PageArgs } from "#platform/schema/connection";
import type { SignedIn } from "#platform/schema/context";
import { requirePermissionIn } from "#shared/access-policy";
import type { InvitationLists } from "./invitation-lists.ts";
import { InvitationConnection, InvitationFilter } from "./invitations.graphql.ts";
import type { Invitation } from "./invitations.service.ts";

/** The invitation fields of a tenant. */
@Resolver(() => TenantType)
export class TenantInvitationsResolver {
  constructor(private readonly deps: { readonly invitationLists: InvitationLists }) {}

  @RequiresPermission("invitations:manage")
  @FieldResolver(() => InvitationConnection, {
    nullable: true,
    description: "The invitations into the tenant, newest first. Null with an error if the caller may not list them.",
  })
  async invitations(
    @Root() { id }: Tenant,
    @Arg("filter", () => InvitationFilter, {
      defaultValue: {},
      description: "The invitations to list. If absent, all.",
    })
    filter: InvitationFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders, viewer }: SignedIn,
  ): Promise<Connection<Invitation>> {
    requirePermissionIn(viewer, id, "invitations:manage");
    return connectionFor(loaders, this.deps.invitationLists.pagesOfTenants, id, { filter, page });
  }
}
