import { Ctx, Resolver } from "type-graphql";
import { RateLimit } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import { Live } from "#platform/schema/live";
import { MINUTE, SECOND } from "#shared/durations";
import type { LiveEvent, LiveEvents } from "./live-events.ts";
import { SecurityEvent } from "./security-events.graphql.ts";

@Resolver()
export class SecurityEventSubscription {
  constructor(private readonly deps: { liveEvents: LiveEvents }) {}

  @RateLimit({ limit: 120, window: MINUTE / SECOND, per: ["USER"] })
  @Live(() => SecurityEvent, {
    description:
      "What happens to the caller's own account, as it happens. The last event may be that this session ended: who ended it and from where " +
      "is not told, and the socket closes with 4401.",
  })
  securityEventOccurred(@Ctx() { viewer }: SignedIn): AsyncIterable<LiveEvent> {
    return this.deps.liveEvents.follow(viewer);
  }
}
