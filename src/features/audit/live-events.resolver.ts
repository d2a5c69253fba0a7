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
      "The security events of the caller's account, as they occur. When this session ends, the socket closes with 4401, and the close reason " +
      "contains the cause (`Session ended: REVOKED`).",
  })
  securityEventOccurred(@Ctx() { viewer }: SignedIn): AsyncIterable<LiveEvent> {
    return this.deps.liveEvents.follow(viewer);
  }
}
