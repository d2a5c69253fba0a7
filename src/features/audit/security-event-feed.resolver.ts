import { Ctx, Resolver } from "type-graphql";
import { RateLimit } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import { SubscriptionField } from "#platform/schema/subscription-field";
import { MINUTE, SECOND } from "#shared/durations";
import type { LiveEvent, SecurityEventFeed } from "./security-event-feed.ts";
import { SecurityEvent } from "./security-events.graphql.ts";

@Resolver()
export class SecurityEventSubscription {
  constructor(private readonly deps: { securityEventFeed: SecurityEventFeed }) {}

  @RateLimit({ limit: 120, window: MINUTE / SECOND, per: ["USER"] })
  @SubscriptionField(() => SecurityEvent, {
    description:
      "The security events of the caller's account, as they occur. When this session ends, the socket closes with 4401, and the close reason " +
      "contains the cause (`Session ended: REVOKED`).",
  })
  securityEventOccurred(@Ctx() { viewer }: SignedIn): AsyncIterable<LiveEvent> {
    return this.deps.securityEventFeed.subscribe(viewer);
  }
}
