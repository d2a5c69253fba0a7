import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Logger } from "#platform/logging";
import { AsyncQueue, type PubSub } from "#platform/pubsub/index";
import { after, SECOND } from "#shared/durations";
import { parseId, type SecurityEventId, type UserId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import { userChannel } from "./event-channels.ts";
import { endsOwnSession, SeenEvents } from "./security-event-feed.policy.ts";
import {
  listSecurityEventsById,
  listSecurityEventsOfUsersSince,
  type SecurityEventRow,
} from "./security-events.repository.ts";

/** How often the history is polled for events whose message did not arrive. */
const POLL_INTERVAL_MS = 5 * SECOND;
/** How far back each poll reads, because the time of an event is that of its transaction, and the clocks of replicas differ. */
const POLL_WINDOW_MS = 20 * SECOND;
/** Users in one query. */
const BATCH = 500;
/** The most events queued for one reader. Ending all sessions of a user may cause hundreds at a time. */
const MAX_WAITING = 1_000;

export type LiveEvent = SecurityEventRow;

interface Follower {
  readonly viewer: Viewer;
  readonly isWanted: (event: LiveEvent) => boolean;
  readonly since: Date;
  readonly seen: SeenEvents;
  readonly feed: AsyncQueue<LiveEvent>;
}

/** The followers of one user's events. */
interface Followers {
  readonly all: Set<Follower>;
  readonly stopListening: () => void;
  /** Serializes reading and delivering, so that messages are delivered in the order received. */
  tail: Promise<void>;
}

interface SecurityEventFeedDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly pubsub: Pick<PubSub, "listen">;
  readonly log: Pick<Logger, "warn">;
}

/**
 * Delivers security events as they occur. Pub/sub messages make delivery fast, and polling the history makes it complete: events
 * whose message was lost (the replica was killed after its commit, or Redis was unavailable) are found within seconds. Each
 * follower receives each event once.
 */
export class SecurityEventFeed {
  readonly #deps: SecurityEventFeedDeps;
  readonly #followed = new Map<UserId, Followers>();
  readonly #timer: NodeJS.Timeout;
  #polling = false;
  /** The time up to which all events have been found. */
  #polledUpTo: Date | null = null;

  constructor(deps: SecurityEventFeedDeps) {
    this.#deps = deps;
    this.#timer = setInterval(() => void this.#pollForMissed(), POLL_INTERVAL_MS);
    this.#timer.unref();
  }

  /** The viewer's own events from now on, filtered by `isWanted`; without the end of this session. */
  subscribe(
    viewer: Viewer,
    isWanted: (event: LiveEvent) => boolean = () => true,
  ): AsyncIterableIterator<LiveEvent, undefined> {
    const feed: AsyncQueue<LiveEvent> = new AsyncQueue({ most: MAX_WAITING, onEnd: () => this.#remove(follower) });
    const follower: Follower = { viewer, isWanted, since: this.#deps.clock.now(), seen: new SeenEvents(), feed };
    this.#followersOf(viewer.userId).all.add(follower);
    return feed;
  }

  /** The number of subscriptions. */
  get followers(): number {
    return [...this.#followed.values()].reduce((total, { all }) => total + all.size, 0);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #followersOf(userId: UserId): Followers {
    const known = this.#followed.get(userId);
    if (known) return known;
    const stopListening = this.#deps.pubsub.listen(userChannel(userId), {
      onMessage: (text) => this.#onMessage(userId, text),
      onGap: () => void this.#pollForMissed(),
    });
    const followers: Followers = { all: new Set(), stopListening, tail: Promise.resolve() };
    this.#followed.set(userId, followers);
    return followers;
  }

  #remove(follower: Follower): void {
    const { userId } = follower.viewer;
    const followers = this.#followed.get(userId);
    followers?.all.delete(follower);
    if (followers?.all.size !== 0) return;
    followers.stopListening();
    this.#followed.delete(userId);
  }

  #onMessage(userId: UserId, text: string): void {
    const followers = this.#followed.get(userId);
    if (!followers) return;
    const ids = text.split(",").flatMap((id) => parseId<SecurityEventId>(id) ?? []);
    followers.tail = followers.tail
      .then(async () => this.#deliver(userId, await listSecurityEventsById(this.#deps.db, userId, ids)))
      // The event is in the history, where the next poll finds it.
      .catch((error: unknown) => this.#deps.log.warn({ err: error }, "failed to read a published security event"));
  }

  #deliver(userId: UserId, events: readonly SecurityEventRow[], from: "message" | "history" = "message"): void {
    for (const event of events)
      for (const follower of this.#followed.get(userId)?.all ?? [])
        if (from === "message" || event.occurredAt >= follower.since) deliverTo(follower, event);
  }

  async #pollForMissed(): Promise<void> {
    if (this.#followed.size === 0) this.#polledUpTo = null;
    if (this.#polling || this.#followed.size === 0) return;
    this.#polling = true;
    const { clock, db, log } = this.#deps;
    try {
      const now = clock.now();
      const since = after(this.#polledUpTo && this.#polledUpTo < now ? this.#polledUpTo : now, -POLL_WINDOW_MS);
      const users = [...this.#followed.keys()];
      for (let at = 0; at < users.length; at += BATCH)
        for (const event of await listSecurityEventsOfUsersSince(db, users.slice(at, at + BATCH), since))
          if (event.userId) this.#deliver(event.userId, [event], "history");
      this.#polledUpTo = now;
    } catch (error) {
      log.warn({ err: error }, "failed to poll for new security events");
    } finally {
      this.#polling = false;
    }
  }
}

/** Omits the end of the viewer's own session: the closing socket signals it, and the session may have been a thief's. */
const deliverTo = ({ viewer, isWanted, seen, feed }: Follower, event: SecurityEventRow): void => {
  if (isWanted(event) && seen.add(event.id) && !endsOwnSession(event, viewer)) feed.push(event);
};
