import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import {
  SecurityEventConnection,
  SecurityEventFilter,
  type SecurityEventRow,
  UserSecurityEventFilter,
} from "#features/audit/index";
import { type Tenant, TenantType } from "#features/tenants/index";
import { type User, UserType } from "#features/users/index";
import { RequiresPermission } from "#platform/schema/access";
import { ShortPages } from "#platform/schema/bounds";
import { ChildPageArgs, type Connection, connectionFor, PageArgs } from "#platform/schema/connection";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { requirePermissionIn, requireSight } from "#shared/access-policy";
import { shortPage } from "#shared/paging";
import type { SecurityHistory } from "./security-history.ts";

interface Deps {
  readonly history: SecurityHistory;
}

/** The field that security-history/ adds to `User`. */
@Resolver(() => UserType)
export class UserSecurityEventsResolver {
  constructor(private readonly deps: Deps) {}

  @ShortPages()
  @FieldResolver(() => SecurityEventConnection, {
    nullable: true,
    description:
      "The user's security history, newest first. Callers other than the user see only events in their own tenant. Null " +
      "with an error if the caller may not list them.",
  })
  async securityEvents(
    @Root() { id, tenantId }: User,
    @Arg("filter", () => UserSecurityEventFilter, {
      defaultValue: {},
      description: "The events to list. If absent, all.",
    })
    filter: UserSecurityEventFilter,
    @Args(() => ChildPageArgs) page: ChildPageArgs,
    @Ctx() { loaders, viewer }: RequestContext,
  ): Promise<Connection<SecurityEventRow>> {
    const { history } = this.deps;
    const scope = history.scopeOf(requireSight(viewer, { userId: id, tenantId }, "audit:read"), id);
    return connectionFor(loaders, history.pagesOfUsers, id, { filter: { ...filter, scope }, page: shortPage(page) });
  }
}

/** The field that security-history/ adds to `Tenant`. */
@Resolver(() => TenantType)
export class TenantSecurityEventsResolver {
  constructor(private readonly deps: Deps) {}

  @RequiresPermission("audit:read")
  @FieldResolver(() => SecurityEventConnection, {
    nullable: true,
    description:
      "The events in the tenant, newest first, including those of deleted users. Null with an error if the caller " +
      "may not list them.",
  })
  async securityEvents(
    @Root() { id }: Tenant,
    @Arg("filter", () => SecurityEventFilter, { defaultValue: {}, description: "The events to list. If absent, all." })
    filter: SecurityEventFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders, viewer }: SignedIn,
  ): Promise<Connection<SecurityEventRow>> {
    requirePermissionIn(viewer, id, "audit:read");
    return connectionFor(loaders, this.deps.history.pagesOfTenants, id, { filter, page });
  }
}
