import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from "type-graphql";
import { type User, UserType } from "#features/users/index";
import { AtMost, ShortPages } from "#platform/schema/bounds";
import { ChildPageArgs, type Connection, connectionFor, PageArgs } from "#platform/schema/connection";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { requireSight } from "#shared/access-policy";
import { shortPage } from "#shared/paging";
import type { Session, SessionLists } from "./session-lists.service.ts";
import { SessionConnection, SessionHistoryFilter, SessionType } from "./sessions.graphql.ts";
import { MAX_SESSIONS } from "./sessions.policy.ts";

interface Deps {
  readonly sessionLists: SessionLists;
}

/** The caller's own sessions. */
@Resolver()
export class SessionListsResolver {
  constructor(private readonly deps: Deps) {}

  @AtMost(MAX_SESSIONS)
  @Query(() => [SessionType], {
    description:
      "The caller's live sessions, most recently active first; at most 100. `sessionHistory` lists ended sessions.",
  })
  sessions(@Ctx() { viewer }: SignedIn): Promise<Session[]> {
    return this.deps.sessionLists.listLive(viewer);
  }

  @Query(() => SessionConnection, {
    description: "The caller's sessions that ended in the last 30 days, each with its reason, newest login first.",
  })
  sessionHistory(
    @Arg("filter", () => SessionHistoryFilter, {
      defaultValue: {},
      description: "The sessions to list. If absent, all.",
    })
    filter: SessionHistoryFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders, viewer }: SignedIn,
  ): Promise<Connection<Session>> {
    return connectionFor(loaders, this.deps.sessionLists.endedPagesOfUsers, viewer.userId, { filter, page });
  }
}

/** The fields that sessions/ adds to `User`. */
@Resolver(() => UserType)
export class UserSessionsResolver {
  constructor(private readonly deps: Deps) {}

  @ShortPages()
  @FieldResolver(() => SessionConnection, {
    nullable: true,
    description: "The user's live sessions, newest login first. Null with an error if the caller may not list them.",
  })
  async sessions(
    @Root() { id, tenantId }: User,
    @Args(() => ChildPageArgs) page: ChildPageArgs,
    @Ctx() { loaders, viewer }: RequestContext,
  ): Promise<Connection<Session>> {
    requireSight(viewer, { userId: id, tenantId }, "sessions:read");
    return connectionFor(loaders, this.deps.sessionLists.livePagesOfUsers, id, { filter: {}, page: shortPage(page) });
  }

  @ShortPages()
  @FieldResolver(() => SessionConnection, {
    nullable: true,
    description:
      "The user's sessions that ended in the last 30 days, each with its reason, newest login first. Null with " +
      "an error if the caller may not list them.",
  })
  async sessionHistory(
    @Root() { id, tenantId }: User,
    @Arg("filter", () => SessionHistoryFilter, {
      defaultValue: {},
      description: "The sessions to list. If absent, all.",
    })
    filter: SessionHistoryFilter,
    @Args(() => ChildPageArgs) page: ChildPageArgs,
    @Ctx() { loaders, viewer }: RequestContext,
  ): Promise<Connection<Session>> {
    requireSight(viewer, { userId: id, tenantId }, "sessions:read");
    return connectionFor(loaders, this.deps.sessionLists.endedPagesOfUsers, id, { filter, page: shortPage(page) });
  }
}
