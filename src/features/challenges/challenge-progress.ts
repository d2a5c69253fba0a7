import { type Announcements, Feed } from "../../platform/announcements/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logging.ts";
import { SECOND } from "../../shared/durations.ts";
import { AppError } from "../../shared/errors.ts";
import type { ChallengeId } from "../../shared/ids.ts";
import { channelOfChallenge, isOver, type PendingLoginStatus } from "./challenges.policy.ts";
import type { ChallengesService } from "./challenges.service.ts";

export interface LoginProgress {
  readonly status: PendingLoginStatus;
  readonly expiresAt: Date;
}

/** Milliseconds between two looks at the clock, and how many of them until it is looked whether an announcement was lost. */
const TICK = SECOND;
const TICKS_BETWEEN_LOOKS = 10;
/** More than a login has states. */
const MOST_WAITING = 10;

interface ChallengeProgressDeps {
  readonly clock: Clock;
  readonly challenges: Pick<ChallengesService, "idOf" | "status">;
  readonly announcements: Pick<Announcements, "listen">;
  readonly log: Pick<Logger, "warn">;
}

/** Unfinished logins, followed by the client that began them: it need not ask every few seconds. */
export class ChallengeProgress {
  readonly #deps: ChallengeProgressDeps;

  constructor(deps: ChallengeProgressDeps) {
    this.#deps = deps;
  }

  /**
   * Where the login of this token stands, now and whenever that changes; it ends once the login is over. Throws INVALID_TOKEN
   * for what is no token of ours.
   */
  async follow(token: string): Promise<AsyncIterableIterator<LoginProgress, undefined>> {
    const id = this.#deps.challenges.idOf(token);
    if (id === null) throw new AppError("INVALID_TOKEN");
    const watch = new Watch(this.#deps, id, token);
    await watch.start();
    return watch.feed;
  }
}

class Watch {
  readonly feed: Feed<LoginProgress>;
  readonly #deps: ChallengeProgressDeps;
  readonly #token: string;
  #last: LoginProgress | null = null;
  #ticks = 0;
  #looks: Promise<void> = Promise.resolve();

  constructor(deps: ChallengeProgressDeps, id: ChallengeId, token: string) {
    this.#deps = deps;
    this.#token = token;
    const look = () => this.#lookAgain();
    const stopListening = deps.announcements.listen(channelOfChallenge(id), { onAnnounced: look, onMissed: look });
    const timer = setInterval(() => this.#tick(), TICK);
    timer.unref();
    this.feed = new Feed({
      most: MOST_WAITING,
      onEnd: () => {
        stopListening();
        clearInterval(timer);
      },
    });
  }

  /** The first look: where it fails there is nothing to follow. */
  async start(): Promise<void> {
    const first = this.#look();
    // What is announced meanwhile is looked at after it.
    this.#looks = first.catch(() => {});
    try {
      await first;
    } catch (error) {
      await this.feed.return();
      throw error;
    }
  }

  #tick(): void {
    this.#ticks += 1;
    const expired = this.#last !== null && this.#last.expiresAt <= this.#deps.clock.now();
    if (expired || this.#ticks % TICKS_BETWEEN_LOOKS === 0) this.#lookAgain();
  }

  #lookAgain(): void {
    this.#looks = this.#looks
      .then(() => this.#look())
      .catch((error: unknown) =>
        this.#deps.log.warn({ err: error }, "a login that is followed could not be looked at"),
      );
  }

  async #look(): Promise<void> {
    const progress = await this.#deps.challenges.status(this.#token);
    if (progress.status !== this.#last?.status) this.feed.push(progress);
    this.#last = progress;
    if (isOver(progress.status)) this.feed.end();
  }
}
