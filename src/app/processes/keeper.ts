import type { Logger } from "#platform/logging";
import { SECOND } from "#shared/durations";
import type { Member } from "./member.ts";

/** Pause before a member that has ended is started again: growing, because the cause may take time to disappear. */
const RESTART_PAUSE_MS = { first: 250, longest: 10 * SECOND };

/** A member that has run for this long had no fault that lasts. */
const STABLE_AFTER_MS = 30 * SECOND;

/** A thread or process ended before it had started; it has reported the cause itself. */
export class MemberError extends Error {}

export interface KeeperOptions {
  /** For the log. */
  readonly name: string;
  readonly spawn: () => Member;
  readonly databaseUrl: string;
  readonly log: Logger;
}

interface Started {
  readonly member: Member;
  /** Rejects if it ends before it has started. */
  readonly started: Promise<void>;
}

/** Keeps one member running: starts it again if it ends, replaces it without a gap, and stops it. */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #stopping = new AbortController();
  #current: Member | null = null;
  #pauseMs = RESTART_PAUSE_MS.first;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** @throws {MemberError} if the member ends before it has started, which is not repeated: the cause is likely to be in the settings */
  async start(): Promise<void> {
    this.#keep(await this.#startOne());
  }

  /** Starts a successor and then stops the present member, which completes its work. */
  async replace(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const previous = this.#current;
    this.#keep(await this.#startOne());
    previous?.post({ kind: "stop", isReplaced: true });
    await previous?.ended;
  }

  /** Resolves when the member has completed its work and ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#current?.post({ kind: "stop", isReplaced: false });
    await this.#current?.ended;
  }

  /** A member that has started. If the keeper is stopped before, the member is ended. */
  async #startOne(): Promise<Member> {
    const { member, started } = this.#spawn();
    const { signal } = this.#stopping;
    const discard = (): void => member.kill();
    signal.addEventListener("abort", discard);
    await started.finally(() => signal.removeEventListener("abort", discard));
    return member;
  }

  #spawn(): Started {
    const { spawn, databaseUrl, name } = this.#options;
    const member = spawn();
    const started = new Promise<void>((resolve, reject) => {
      member.onMessage(({ kind }) => {
        if (kind === "loaded") member.post({ kind: "open", databaseUrl });
        if (kind === "started") resolve();
      });
      void member.ended.then((reason) => reject(new MemberError(`${name} did not start: ${reason}`)));
    });
    started.catch(() => {});
    return { member, started };
  }

  /** From now on, this is the member that is started again when it ends. */
  #keep(member: Member): void {
    const began = performance.now();
    this.#current = member;
    void member.ended.then((reason) => {
      if (this.#current !== member || this.#stopping.signal.aborted) return;
      const { log, name } = this.#options;
      log.error({ name, reason }, "a part of the program ended unexpectedly; it is started again");
      if (performance.now() - began > STABLE_AFTER_MS) this.#pauseMs = RESTART_PAUSE_MS.first;
      const timer = setTimeout(() => this.#keep(this.#spawn().member), this.#pauseMs);
      this.#stopping.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
      this.#pauseMs = Math.min(2 * this.#pauseMs, RESTART_PAUSE_MS.longest);
    });
  }
}
