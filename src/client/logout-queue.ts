import type { Api } from "./api.ts";
import type { Globals, TokenStorage } from "./globals.ts";
import { type PendingLogout, PendingLogouts } from "./pending-logouts.ts";

/** Milliseconds until the API is asked again; doubled each time. */
const FIRST_PAUSE = 30_000;
const LONGEST_PAUSE = 600_000;

interface LogoutQueueOptions {
  readonly api: Pick<Api, "endSessions">;
  readonly storage: TokenStorage;
  readonly key: string;
  readonly inTurn: (work: () => Promise<void>) => Promise<void>;
  readonly surroundings: Pick<Globals, "setTimeout" | "addEventListener" | "removeEventListener">;
}

/** Tells the API of logouts: at once, or when it can be reached again, also by a page that is opened later. */
export class LogoutQueue {
  readonly #options: LogoutQueueOptions;
  readonly #logouts: PendingLogouts;
  #pause = FIRST_PAUSE;
  #isClosed = false;
  #isWaiting = false;

  constructor(options: LogoutQueueOptions) {
    this.#options = options;
    this.#logouts = new PendingLogouts(options.storage, options.key);
    options.surroundings.addEventListener?.("online", this.#retry);
    void this.#logouts.list().then((left) => left.length > 0 && this.#retry());
  }

  close(): void {
    this.#isClosed = true;
    this.#options.surroundings.removeEventListener?.("online", this.#retry);
  }

  add(logout: PendingLogout): Promise<void> {
    return this.#logouts.add(logout);
  }

  /** Whether the browser's cookie is of a session that was left, also after the API was asked. Only in turn. */
  async holdsCookie(): Promise<boolean> {
    if (!(await this.#logouts.list()).some(isOfCookie)) return false;
    await this.flush();
    return (await this.#logouts.list()).some(isOfCookie);
  }

  /** A login has replaced the cookie: it no longer says which session was left. */
  forgetCookie(): Promise<void> {
    return this.#logouts.retain((logout) => !isOfCookie(logout));
  }

  /**
   * Asks the API to end what was left. What cannot be told now is told later. Only in turn.
   *
   * @param accessToken of the session that was left last, if it is known: it names the session even if the cookie does not
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
    this.#pause = FIRST_PAUSE;
  }

  #askLater(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    const retry = () => {
      this.#isWaiting = false;
      this.#retry();
    };
    const timer = this.#options.surroundings.setTimeout(retry, this.#pause) as { unref?(): void } | number;
    // In Node it must not keep the process alive.
    if (typeof timer === "object") timer.unref?.();
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
  }

  readonly #retry = (): void => {
    if (!this.#isClosed) void this.#options.inTurn(() => this.flush()).catch(() => {});
  };
}

const isOfCookie = ({ refreshToken }: PendingLogout): boolean => refreshToken === null;
