import { Ctx, FieldResolver, ID, Resolver, Root } from "type-graphql";
import type { LiveEvent, LiveEvents } from "#features/audit/index";
import { type Member, type MembershipsService, MembershipType } from "#features/memberships/index";
import { RateLimit } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import { Live } from "#platform/schema/live";
import { MINUTE, SECOND } from "#shared/durations";
import type { MembershipId } from "#shared/ids";
import { MembershipChangeKindEnum, MembershipChangeType } from "./membership-changes.graphql.ts";
import { type MembershipChangeKind, membershipChangeIn } from "./membership-changes.policy.ts";

@Resolver()
export class MembershipChangeSubscription {
  constructor(private readonly deps: { readonly liveEvents: Pick<LiveEvents, "follow"> }) {}

  @RateLimit({ limit: 120, window: MINUTE / SECOND, per: ["USER"] })
  @Live(() => MembershipChangeType, {
    description:
      "Changes of the caller's own memberships, in all tenants, as they happen. If the membership in the tenant of this socket's access token " +
      "is suspended or removed, the socket closes instead: 4401, reason `Membership ended`. If its roles change, the socket closes with 4403, " +
      "and the client connects again with a new token. A changed role that more than 1,000 members hold is not an event here.",
  })
  membershipChanged(@Ctx() { viewer }: SignedIn): AsyncIterable<LiveEvent> {
    return this.deps.liveEvents.follow(viewer, (event) => membershipChangeIn(event) !== null);
  }
}

@Resolver(() => MembershipChangeType)
export class MembershipChangeResolver {
  constructor(private readonly deps: { readonly memberships: Pick<MembershipsService, "byUsers"> }) {}

  @FieldResolver(() => MembershipChangeKindEnum, { description: "What happened." })
  kind(@Root() event: LiveEvent): MembershipChangeKind {
    return changeIn(event).kind;
  }

  @FieldResolver(() => ID, {
    description: "The membership; also if it is gone, so that a client can remove it from its cache.",
  })
  membershipId(@Root() event: LiveEvent): MembershipId {
    return changeIn(event).membershipId;
  }

  @FieldResolver(() => MembershipType, {
    nullable: true,
    description: "The membership as it is now; null if it is gone.",
  })
  async membership(@Root() event: LiveEvent, @Ctx() { loaders, viewer }: SignedIn): Promise<Member | null> {
    const { membershipId } = changeIn(event);
    const own = (await loaders.of(this.deps.memberships.byUsers).load(viewer.userId)) ?? [];
    return own.find(({ id }) => id === membershipId) ?? null;
  }
}

/** The subscription gives no other events. */
const changeIn = (event: LiveEvent) => membershipChangeIn(event) ?? notAChange();

const notAChange = (): never => {
  throw new Error("The event is not about a membership.");
};
