import { type Announcements, Feed } from "#platform/announcements/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Logger } from "#platform/logging";
import { after, SECOND } from "#shared/durations";
import { parseId, type SecurityEventId, type UserId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import { channelOfUser } from "./live-channels.ts";
import { endsOwnSession, Told } from "./live-events.policy.ts";
import {
  listSecurityEventsById,
  listSecurityEventsOfUsersSince,
  type SecurityEventRow,
} from "./security-events.repository.ts";

/** How often the history is polled for events whose message did not arrive, in milliseconds. */
const LOOK_EVERY = 5 * SECOND;
/** How far back each poll reads, because the time of an event is that of its transaction, and the clocks of replicas differ. */
const LOOK_BACK = 20 * SECOND;
/** Users in one query. */
const BATCH = 500;
/** The most events queued for one reader. Ending all sessions of a user may cause hundreds at a time. */
const MOST_WAITING = 1_000;

export type LiveEvent = SecurityEventRow;

interface Follower {
  readonly viewer: Viewer;
  readonly isWanted: (event: LiveEvent) => boolean;
  readonly since: Date;
  readonly told: Told;
  readonly feed: Feed<LiveEvent>;
}

/** The followers of one user's events. */
interface Followers {
  readonly all: Set<Follower>;
  readonly stopListening: () => void;
  /** Serializes reading and delivering, so that messages are delivered in the order received. */
  tail: Promise<void>;
}

interface LiveEventsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly announcements: Pick<Announcements, "listen">;
  readonly log: Pick<Logger, "warn">;
}

/**
 * Delivers security events as they occur. Pub/sub messages make delivery fast, and polling the history makes it complete: events
 * whose message was lost (the replica was killed after its commit, or Redis was unavailable) are found within seconds. Each
 * follower receives each event once.
 */
export class LiveEvents {
  readonly #deps: LiveEventsDeps;
  readonly #followed = new Map<UserId, Followers>();
  readonly #timer: NodeJS.Timeout;
  #looking = false;
  /** The time up to which all events have been found. */
  #lookedAt: Date | null = null;

  constructor(deps: LiveEventsDeps) {
    this.#deps = deps;
    this.#timer = setInterval(() => void this.#lookForMissed(), LOOK_EVERY);
    this.#timer.unref();
  }

  /** The viewer's own events from now on, filtered by `isWanted`; without the end of this session. */
  follow(
    viewer: Viewer,
    isWanted: (event: LiveEvent) => boolean = () => true,
  ): AsyncIterableIterator<LiveEvent, undefined> {
    const feed: Feed<LiveEvent> = new Feed({ most: MOST_WAITING, onEnd: () => this.#remove(follower) });
    const follower: Follower = { viewer, isWanted, since: this.#deps.clock.now(), told: new Told(), feed };
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
    const stopListening = this.#deps.announcements.listen(channelOfUser(userId), {
      onAnnounced: (text) => this.#hear(userId, text),
      onMissed: () => void this.#lookForMissed(),
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

  #hear(userId: UserId, text: string): void {
    const followers = this.#followed.get(userId);
    if (!followers) return;
    const ids = text.split(",").flatMap((id) => parseId<SecurityEventId>(id) ?? []);
    followers.tail = followers.tail
      .then(async () => this.#tell(userId, await listSecurityEventsById(this.#deps.db, userId, ids)))
      // The event is in the history, where the next poll finds it.
      .catch((error: unknown) => this.#deps.log.warn({ err: error }, "failed to read a published security event"));
  }

  #tell(userId: UserId, events: readonly SecurityEventRow[], from: "announcement" | "history" = "announcement"): void {
    for (const event of events)
      for (const follower of this.#followed.get(userId)?.all ?? [])
        if (from === "announcement" || event.occurredAt >= follower.since) tellOne(follower, event);
  }

  async #lookForMissed(): Promise<void> {
    if (this.#followed.size === 0) this.#lookedAt = null;
    if (this.#looking || this.#followed.size === 0) return;
    this.#looking = true;
    const { clock, db, log } = this.#deps;
    try {
      const now = clock.now();
      const since = after(this.#lookedAt && this.#lookedAt < now ? this.#lookedAt : now, -LOOK_BACK);
      const users = [...this.#followed.keys()];
      for (let at = 0; at < users.length; at += BATCH)
        for (const event of await listSecurityEventsOfUsersSince(db, users.slice(at, at + BATCH), since))
          if (event.userId) this.#tell(event.userId, [event], "history");
      this.#lookedAt = now;
    } catch (error) {
      log.warn({ err: error }, "failed to poll for new security events");
    } finally {
      this.#looking = false;
    }
  }
}

/** Omits the end of the viewer's own session: the closing socket signals it, and the session may have been a thief's. */
const tellOne = ({ viewer, isWanted, told, feed }: Follower, event: SecurityEventRow): void => {
  if (isWanted(event) && told.add(event.id) && !endsOwnSession(event, viewer)) feed.push(event);
};
