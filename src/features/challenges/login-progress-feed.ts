import type { Clock } from "#platform/clock";
import type { Logger } from "#platform/logging";
import { AsyncQueue, type PubSub } from "#platform/pubsub/index";
import { SECOND } from "#shared/durations";
import { AppError } from "#shared/errors";
import type { ChallengeId } from "#shared/ids";
import { challengeChannel, isOver, type PendingLoginStatus } from "./challenges.policy.ts";
import type { ChallengesService } from "./challenges.service.ts";

export interface LoginProgress {
  readonly status: PendingLoginStatus;
  readonly expiresAt: Date;
}

/** Time between clock checks, and the number of checks between two reads, in case a message was lost. */
const TICK_MS = SECOND;
const RECHECK_EVERY_TICKS = 10;
/** More than the number of states a login has. */
const MAX_WAITING = 10;

interface LoginProgressFeedDeps {
  readonly clock: Clock;
  readonly challenges: Pick<ChallengesService, "idOf" | "status">;
  readonly pubsub: Pick<PubSub, "listen">;
  readonly log: Pick<Logger, "warn">;
}

/** Lets the client that started a login follow its status, so that it need not poll. */
export class LoginProgressFeed {
  /** One watch per login, shared by all its followers: many sockets on one login cause one database read per change. */
  readonly #watches = new Map<ChallengeId, Watcher>();

  constructor(private readonly deps: LoginProgressFeedDeps) {}

  /**
   * Follows the status of the login with this token: its current status, then every change, until the login is over.
   * @throws {AppError} INVALID_TOKEN if this server did not issue the token
   */
  async subscribe(token: string): Promise<AsyncIterableIterator<LoginProgress, undefined>> {
    const id = this.deps.challenges.idOf(token);
    if (id === null) throw new AppError("INVALID_TOKEN");
    const watch = this.#watches.get(id) ?? new Watcher(this.deps, { id, token, onEnd: () => this.#watches.delete(id) });
    this.#watches.set(id, watch);
    return watch.subscribe();
  }
}

interface Watched {
  readonly id: ChallengeId;
  readonly token: string;
  /** Called when the last follower has left. */
  readonly onEnd: () => void;
}

class Watcher {
  readonly #deps: LoginProgressFeedDeps;
  readonly #token: string;
  readonly #feeds = new Set<AsyncQueue<LoginProgress>>();
  readonly #firstRead: Promise<void>;
  readonly #end: () => void;
  #followers = 0;
  #last: LoginProgress | null = null;
  #ticks = 0;
  #reads: Promise<void>;

  constructor(deps: LoginProgressFeedDeps, { id, token, onEnd }: Watched) {
    this.#deps = deps;
    this.#token = token;
    const poll = () => this.#poll();
    const stopListening = deps.pubsub.listen(challengeChannel(id), { onMessage: poll, onGap: poll });
    const timer = setInterval(() => this.#tick(), TICK_MS);
    timer.unref();
    this.#end = () => {
      stopListening();
      clearInterval(timer);
      onEnd();
    };
    this.#firstRead = this.#read();
    // Changes published during the first read cause another read after it.
    this.#reads = this.#firstRead.catch(() => {});
  }

  /** Rejects if the first read fails. */
  async subscribe(): Promise<AsyncQueue<LoginProgress>> {
    this.#followers += 1;
    try {
      await this.#firstRead;
    } catch (error) {
      this.#leave();
      throw error;
    }
    const feed: AsyncQueue<LoginProgress> = new AsyncQueue({
      most: MAX_WAITING,
      onEnd: () => {
        this.#feeds.delete(feed);
        this.#leave();
      },
    });
    this.#feeds.add(feed);
    if (this.#last) publish(feed, this.#last);
    return feed;
  }

  #leave(): void {
    this.#followers -= 1;
    if (this.#followers === 0) this.#end();
  }

  #tick(): void {
    this.#ticks += 1;
    const expired = this.#last !== null && this.#last.expiresAt <= this.#deps.clock.now();
    if (expired || this.#ticks % RECHECK_EVERY_TICKS === 0) this.#poll();
  }

  #poll(): void {
    this.#reads = this.#reads
      .then(() => this.#read())
      .catch((error: unknown) => this.#deps.log.warn({ err: error }, "failed to read the state of a pending login"));
  }

  async #read(): Promise<void> {
    const progress = await this.#deps.challenges.status(this.#token);
    const changed = progress.status !== this.#last?.status;
    this.#last = progress;
    if (changed) for (const feed of this.#feeds) publish(feed, progress);
  }
}

const publish = (feed: AsyncQueue<LoginProgress>, progress: LoginProgress): void => {
  feed.push(progress);
  if (isOver(progress.status)) feed.end();
};
