import { Ctx, FieldResolver, ID, Resolver, Root } from "type-graphql";
import type { LiveEvent, SecurityEventFeed } from "#features/audit/index";
import { type Member, type MembershipsService, MembershipType } from "#features/memberships/index";
import { RateLimit } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import { SubscriptionField } from "#platform/schema/subscription-field";
import { MINUTE, SECOND } from "#shared/durations";
import type { MembershipId } from "#shared/ids";
import { MembershipChangeKindEnum, MembershipChangeType } from "./membership-changes.graphql.ts";
import { type MembershipChangeKind, membershipChangeIn } from "./membership-changes.policy.ts";

@Resolver()
export class MembershipChangeSubscription {
  constructor(private readonly deps: { readonly securityEventFeed: Pick<SecurityEventFeed, "subscribe"> }) {}

  @RateLimit({ limit: 120, window: MINUTE / SECOND, per: ["USER"] })
  @SubscriptionField(() => MembershipChangeType, {
    description:
      "Changes of the caller's own memberships, in all tenants, as they occur. If the membership in the tenant of this socket's access token " +
      "is suspended or removed, the socket closes with 4401 and the reason `Membership ended` instead. If its roles change, the socket closes with 4403, " +
      "and the client must reconnect with a new token. No event is sent if a role changes that more than 1,000 members hold.",
  })
  membershipChanged(@Ctx() { viewer }: SignedIn): AsyncIterable<LiveEvent> {
    return this.deps.securityEventFeed.subscribe(viewer, (event) => membershipChangeIn(event) !== null);
  }
}

@Resolver(() => MembershipChangeType)
export class MembershipChangeResolver {
  constructor(private readonly deps: { readonly memberships: Pick<MembershipsService, "byUsers"> }) {}

  @FieldResolver(() => MembershipChangeKindEnum, { description: "The kind of change." })
  kind(@Root() event: LiveEvent): MembershipChangeKind {
    return changeIn(event).kind;
  }

  @FieldResolver(() => ID, {
    description:
      "The id of the membership, even if it no longer exists, so that a client can remove it from its cache.",
  })
  membershipId(@Root() event: LiveEvent): MembershipId {
    return changeIn(event).membershipId;
  }

  @FieldResolver(() => MembershipType, {
    nullable: true,
    description: "The current membership; null if it no longer exists.",
  })
  async membership(@Root() event: LiveEvent, @Ctx() { loaders, viewer }: SignedIn): Promise<Member | null> {
    const { membershipId } = changeIn(event);
    const own = (await loaders.of(this.deps.memberships.byUsers).load(viewer.userId)) ?? [];
    return own.find(({ id }) => id === membershipId) ?? null;
  }
}

/** Never throws for events of the subscription, which contains only membership changes. */
const changeIn = (event: LiveEvent) => membershipChangeIn(event) ?? notAChange();

const notAChange = (): never => {
  throw new Error("The event is not about a membership.");
};
