import { Arg, Ctx, ID, Int, Query, Resolver } from "type-graphql";
import {
  SecurityEvent,
  SecurityEventConnection,
  type SecurityEventRow,
  type SecurityEventType,
  SecurityEventTypeEnum,
} from "#features/audit/index";
import { type Connection, toConnection } from "#platform/schema/connection";
import type { SignedIn } from "#platform/schema/context";
import type { SecurityHistory } from "./security-history.ts";

@Resolver(() => SecurityEvent)
export class SecurityEventsResolver {
  constructor(private readonly deps: { history: SecurityHistory }) {}

  @Query(() => SecurityEventConnection, {
    description: "The caller's own security history, newest first; an admin may name a user of the tenant.",
  })
  async securityEvents(
    @Arg("userId", () => ID, {
      nullable: true,
      description: "Whose history; absent: the caller's. Others': admins only.",
    })
    userId: string | null | undefined,
    @Arg("types", () => [SecurityEventTypeEnum], { nullable: true, description: "Which events; absent: all of them." })
    types: SecurityEventType[] | null | undefined,
    @Arg("first", () => Int, { defaultValue: 50, description: "How many at most: 1 to 100." }) first: number,
    @Arg("after", () => String, { nullable: true, description: "The `endCursor` of the page before." })
    after: string | null | undefined,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Connection<SecurityEventRow>> {
    return toConnection(await this.deps.history.list(viewer, { userId, types }, { first, after }));
  }
}
