import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from "type-graphql";
import {
  SecurityEvent,
  SecurityEventConnection,
  SecurityEventFilter,
  type SecurityEventRow,
} from "#features/audit/index";
import { type Tenant, TenantType } from "#features/tenants/index";
import { type Connection, PageArgs, toConnection } from "#platform/schema/connection";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { AppError } from "#shared/errors";
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

  @FieldResolver(() => SecurityEventConnection, {
    description:
      "What happened in the tenant, newest first, of all users. Errors: FORBIDDEN/MISSING_PERMISSION without `audit:read` in this tenant, " +
      "BAD_USER_INPUT.",
  })
  async securityEvents(
    @Root() { id }: Tenant,
    @Arg("filter", () => SecurityEventFilter, { defaultValue: {}, description: "Which ones; absent: all." })
    filter: SecurityEventFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { viewer }: RequestContext,
  ): Promise<Connection<SecurityEventRow>> {
    if (!viewer) throw new AppError("UNAUTHENTICATED");
    return toConnection(await this.deps.history.listOfTenant(viewer, id, filter, page));
  }
}
