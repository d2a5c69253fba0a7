import { type Announcements, Feed } from "#platform/announcements/index";
import type { Clock } from "#platform/clock";
import type { Logger } from "#platform/logging";
import { SECOND } from "#shared/durations";
import { AppError } from "#shared/errors";
import type { ChallengeId } from "#shared/ids";
import { channelOfChallenge, isOver, type PendingLoginStatus } from "./challenges.policy.ts";
import type { ChallengesService } from "./challenges.service.ts";

export interface LoginProgress {
  readonly status: PendingLoginStatus;
  readonly expiresAt: Date;
}

/** Milliseconds between clock checks, and the number of checks between two reads, in case a message was lost. */
const TICK = SECOND;
const TICKS_BETWEEN_LOOKS = 10;
/** More than the number of states a login has. */
const MOST_WAITING = 10;

interface ChallengeProgressDeps {
  readonly clock: Clock;
  readonly challenges: Pick<ChallengesService, "idOf" | "status">;
  readonly announcements: Pick<Announcements, "listen">;
  readonly log: Pick<Logger, "warn">;
}

/** Lets the client that started a login follow its status, so that it need not poll. */
export class ChallengeProgress {
  /** One watch per login, shared by all its followers: many sockets on one login cause one database read per change. */
  readonly #watches = new Map<ChallengeId, Watch>();

  constructor(private readonly deps: ChallengeProgressDeps) {}

  /**
   * Follows the status of the login with this token: its current status, then every change, until the login is over.
   * @throws {AppError} INVALID_TOKEN if this server did not issue the token
   */
  async follow(token: string): Promise<AsyncIterableIterator<LoginProgress, undefined>> {
    const id = this.deps.challenges.idOf(token);
    if (id === null) throw new AppError("INVALID_TOKEN");
    const watch = this.#watches.get(id) ?? new Watch(this.deps, { id, token, onEnd: () => this.#watches.delete(id) });
    this.#watches.set(id, watch);
    return watch.follow();
  }
}

interface Watched {
  readonly id: ChallengeId;
  readonly token: string;
  /** Called when the last follower has left. */
  readonly onEnd: () => void;
}

class Watch {
  readonly #deps: ChallengeProgressDeps;
  readonly #token: string;
  readonly #feeds = new Set<Feed<LoginProgress>>();
  readonly #firstLook: Promise<void>;
  readonly #end: () => void;
  #followers = 0;
  #last: LoginProgress | null = null;
  #ticks = 0;
  #looks: Promise<void>;

  constructor(deps: ChallengeProgressDeps, { id, token, onEnd }: Watched) {
    this.#deps = deps;
    this.#token = token;
    const look = () => this.#lookAgain();
    const stopListening = deps.announcements.listen(channelOfChallenge(id), { onAnnounced: look, onMissed: look });
    const timer = setInterval(() => this.#tick(), TICK);
    timer.unref();
    this.#end = () => {
      stopListening();
      clearInterval(timer);
      onEnd();
    };
    this.#firstLook = this.#look();
    // Changes announced during the first read cause another read after it.
    this.#looks = this.#firstLook.catch(() => {});
  }

  /** Rejects if the first read fails. */
  async follow(): Promise<Feed<LoginProgress>> {
    this.#followers += 1;
    try {
      await this.#firstLook;
    } catch (error) {
      this.#leave();
      throw error;
    }
    const feed: Feed<LoginProgress> = new Feed({
      most: MOST_WAITING,
      onEnd: () => {
        this.#feeds.delete(feed);
        this.#leave();
      },
    });
    this.#feeds.add(feed);
    if (this.#last) tell(feed, this.#last);
    return feed;
  }

  #leave(): void {
    this.#followers -= 1;
    if (this.#followers === 0) this.#end();
  }

  #tick(): void {
    this.#ticks += 1;
    const expired = this.#last !== null && this.#last.expiresAt <= this.#deps.clock.now();
    if (expired || this.#ticks % TICKS_BETWEEN_LOOKS === 0) this.#lookAgain();
  }

  #lookAgain(): void {
    this.#looks = this.#looks
      .then(() => this.#look())
      .catch((error: unknown) => this.#deps.log.warn({ err: error }, "failed to read the state of a pending login"));
  }

  async #look(): Promise<void> {
    const progress = await this.#deps.challenges.status(this.#token);
    const changed = progress.status !== this.#last?.status;
    this.#last = progress;
    if (changed) for (const feed of this.#feeds) tell(feed, progress);
  }
}

const tell = (feed: Feed<LoginProgress>, progress: LoginProgress): void => {
  feed.push(progress);
  if (isOver(progress.status)) feed.end();
};
