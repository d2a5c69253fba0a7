import { Arg, Args, Ctx, Query, Resolver } from "type-graphql";
import {
  SecurityEvent,
  SecurityEventConnection,
  SecurityEventFilter,
  type SecurityEventRow,
} from "#features/audit/index";
import { type Connection, PageArgs, toConnection } from "#platform/schema/connection";
import type { SignedIn } from "#platform/schema/context";
import type { SecurityHistory } from "./security-history.ts";

@Resolver(() => SecurityEvent)
export class SecurityEventsResolver {
  constructor(private readonly deps: { history: SecurityHistory }) {}

  @Query(() => SecurityEventConnection, {
    description: "The caller's own security history, newest first; an admin may select a user of the tenant.",
  })
  async securityEvents(
    @Arg("filter", () => SecurityEventFilter, {
      defaultValue: {},
      description: "The events to list. If absent, all of the caller's.",
    })
    filter: SecurityEventFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Connection<SecurityEventRow>> {
    return toConnection(await this.deps.history.list(viewer, filter, page));
  }
}
