import { Ctx, Resolver } from "type-graphql";
import { RateLimit } from "../../platform/schema/access.ts";
import type { SignedIn } from "../../platform/schema/context.ts";
import { Live } from "../../platform/schema/live.ts";
import { MINUTE, SECOND } from "../../shared/durations.ts";
import type { LiveEvent, LiveEvents } from "./live-events.ts";
import { SecurityEvent } from "./security-events.graphql.ts";

@Resolver()
export class SecurityEventSubscription {
  readonly #liveEvents: LiveEvents;

  constructor({ liveEvents }: { liveEvents: LiveEvents }) {
    this.#liveEvents = liveEvents;
  }

  @RateLimit({ limit: 120, window: MINUTE / SECOND, per: ["USER"] })
  @Live(() => SecurityEvent, {
    description:
      "What happens to the caller's own account, as it happens. The last event may be that this session ended: who ended it and from where " +
      "is not told, and the socket closes with 4401.",
  })
  securityEventOccurred(@Ctx() { viewer }: SignedIn): AsyncIterable<LiveEvent> {
    return this.#liveEvents.follow(viewer);
  }
}
