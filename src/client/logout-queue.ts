import type { Api } from "./api.ts";
import type { Globals, TokenStorage } from "./globals.ts";
import { type PendingLogout, PendingLogouts } from "./pending-logouts.ts";

/** The pause before the next attempt; doubled each time. */
const FIRST_PAUSE_MS = 30_000;
const MAX_PAUSE_MS = 600_000;

interface LogoutQueueOptions {
  readonly api: Pick<Api, "endSessions">;
  readonly storage: TokenStorage;
  readonly key: string;
  readonly withLock: (work: () => Promise<void>) => Promise<void>;
  readonly env: Pick<Globals, "setTimeout" | "addEventListener" | "removeEventListener">;
}

/** Sends logouts to the API: immediately, or when it can be reached again, also from a page that is opened later. */
export class LogoutQueue {
  readonly #options: LogoutQueueOptions;
  readonly #logouts: PendingLogouts;
  #pause = FIRST_PAUSE_MS;
  #isClosed = false;
  #isWaiting = false;

  constructor(options: LogoutQueueOptions) {
    this.#options = options;
    this.#logouts = new PendingLogouts(options.storage, options.key);
    options.env.addEventListener?.("online", this.#retry);
    void this.#logouts.list().then((left) => left.length > 0 && this.#retry());
  }

  close(): void {
    this.#isClosed = true;
    this.#options.env.removeEventListener?.("online", this.#retry);
  }

  add(logout: PendingLogout): Promise<void> {
    return this.#logouts.add(logout);
  }

  /**
   * Whether the browser's cookie belongs to a session that was logged out, even after trying to end it. Call it only while no other
   * tab changes the login.
   */
  async holdsCookie(): Promise<boolean> {
    if (!(await this.#logouts.list()).some(isOfCookie)) return false;
    await this.flush();
    return (await this.#logouts.list()).some(isOfCookie);
  }

  /** A login has replaced the cookie, which therefore no longer identifies the session that was logged out. */
  forgetCookie(): Promise<void> {
    return this.#logouts.retain((logout) => !isOfCookie(logout));
  }

  /**
   * Asks the API to end the sessions that were logged out. On failure it tries again later. Call it only while no other tab changes
   * the login.
   *
   * @param accessToken of the most recently logged-out session, if known: it identifies the session even if the cookie does not
   */
  async flush(accessToken: string | null = null): Promise<void> {
    for (const logout of await this.#logouts.list()) {
      try {
        await this.#options.api.endSessions(logout.scope, { accessToken, refreshToken: logout.refreshToken });
      } catch {
        return this.#askLater();
      }
      await this.#logouts.retain(
        ({ scope, refreshToken }) => scope !== logout.scope || refreshToken !== logout.refreshToken,
      );
    }
    this.#pause = FIRST_PAUSE_MS;
  }

  #askLater(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    const retry = () => {
      this.#isWaiting = false;
      this.#retry();
    };
    const timer = this.#options.env.setTimeout(retry, this.#pause) as { unref?(): void } | number;
    // In Node, the timer must not keep the process alive.
    if (typeof timer === "object") timer.unref?.();
    this.#pause = Math.min(MAX_PAUSE_MS, this.#pause * 2);
  }

  readonly #retry = (): void => {
    if (!this.#isClosed) void this.#options.withLock(() => this.flush()).catch(() => {});
  };
}

const isOfCookie = ({ refreshToken }: PendingLogout): boolean => refreshToken === null;
