import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { type Tenant, TenantType } from "#features/tenants/index";
import { type Connection, connectionFor, PageArgs } from "#platform/schema/connection";
import type { RequestContext } from "#platform/schema/context";
import { requirePermissionIn } from "#shared/visibility";
import type { InvitationLists } from "./invitation-lists.ts";
import { InvitationConnection, InvitationFilter } from "./invitations.graphql.ts";
import type { Invitation } from "./invitations.service.ts";

/** What invitations add to the tenant. */
@Resolver(() => TenantType)
export class TenantInvitationsResolver {
  constructor(private readonly deps: { readonly invitationLists: InvitationLists }) {}

  @FieldResolver(() => InvitationConnection, {
    description:
      "The invitations into the tenant, newest first. FORBIDDEN/MISSING_PERMISSION without `invitations:manage` there.",
  })
  async invitations(
    @Root() { id }: Tenant,
    @Arg("filter", () => InvitationFilter, { defaultValue: {}, description: "Which ones; absent: all." })
    filter: InvitationFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders, viewer }: RequestContext,
  ): Promise<Connection<Invitation>> {
    requirePermissionIn(viewer, id, "invitations:manage");
    return connectionFor(loaders, this.deps.invitationLists.pagesOfTenants, id, { filter, page });
  }
}
