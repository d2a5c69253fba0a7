import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from "type-graphql";
import {
  SecurityEvent,
  SecurityEventConnection,
  SecurityEventFilter,
  type SecurityEventRow,
} from "#features/audit/index";
import { type Tenant, TenantType } from "#features/tenants/index";
import { RequiresPermission } from "#platform/schema/access";
import { type Connection, PageArgs, toConnection } from "#platform/schema/connection";
import type { SignedIn } from "#platform/schema/context";
import type { SecurityHistory } from "./security-history.ts";

@Resolver(() => SecurityEvent)
export class SecurityEventsResolver {
  constructor(private readonly deps: { history: SecurityHistory }) {}

  @Query(() => SecurityEventConnection, {
    description: "The caller's own security history, newest first; an admin may name a user of the tenant.",
  })
  async securityEvents(
    @Arg("filter", () => SecurityEventFilter, {
      defaultValue: {},
      description: "Which ones; absent: all of the caller's.",
    })
    filter: SecurityEventFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Connection<SecurityEventRow>> {
    return toConnection(await this.deps.history.list(viewer, filter, page));
  }
}

@Resolver(() => TenantType)
export class TenantSecurityEventsResolver {
  constructor(private readonly deps: { history: SecurityHistory }) {}

  @RequiresPermission("audit:read")
  @FieldResolver(() => SecurityEventConnection, {
    nullable: true,
    description:
      "What happened in the tenant, newest first, to all users. Null with an error if the caller may not see it.",
  })
  async securityEvents(
    @Root() { id }: Tenant,
    @Arg("filter", () => SecurityEventFilter, { defaultValue: {}, description: "Which ones; absent: all." })
    filter: SecurityEventFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Connection<SecurityEventRow>> {
    return toConnection(await this.deps.history.listOfTenant(viewer, id, filter, page));
  }
}
