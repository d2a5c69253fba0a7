/** The API's grace period: for this long a rotated refresh token returns the same successor, in every process of the app. */
const KEPT_MS = 10_000;

interface Finished<Outcome> {
  readonly outcome: Outcome;
  readonly keptUntil: number;
}

interface SharedRefreshesOptions {
  /** Milliseconds. */
  readonly now: () => number;
  /** Whether a request may wait for another one's work. If not, each asks the API, which returns the same successor to all. */
  readonly mayWait: boolean;
}

/**
 * One refresh for all requests that present the same refresh token: those that arrive while it runs, and those that the
 * browser sent before it received the new cookies.
 */
export class SharedRefreshes<Outcome> {
  readonly #options: SharedRefreshesOptions;
  readonly #running = new Map<string, Promise<Outcome>>();
  readonly #finished = new Map<string, Finished<Outcome>>();

  constructor(options: SharedRefreshesOptions) {
    this.#options = options;
  }

  /** @throws what `refresh` throws, to the callers that waited; the next caller tries again */
  async run(key: string, refresh: () => Promise<Outcome>): Promise<Outcome> {
    const { mayWait } = this.#options;
    this.#deleteOld();
    const finished = this.#finished.get(key);
    if (finished) return finished.outcome;
    const running = this.#running.get(key);
    if (running && mayWait) return running;
    const mine = this.#start(key, refresh).finally(() => this.#running.delete(key));
    this.#running.set(key, mine);
    return mine;
  }

  async #start(key: string, refresh: () => Promise<Outcome>): Promise<Outcome> {
    const outcome = await refresh();
    this.#finished.set(key, { outcome, keptUntil: this.#options.now() + KEPT_MS });
    return outcome;
  }

  /** Without a timer, because some edge runtimes have none between requests. */
  #deleteOld(): void {
    const now = this.#options.now();
    for (const [key, { keptUntil }] of this.#finished) if (keptUntil <= now) this.#finished.delete(key);
  }
}

/** Cloudflare Workers and similar runtimes cancel a request that waits for the I/O of another one. */
export const mayWaitForOthers = (): boolean => {
  const { WebSocketPair, EdgeRuntime, navigator } = globalThis as {
    readonly WebSocketPair?: unknown;
    readonly EdgeRuntime?: unknown;
    readonly navigator?: { readonly userAgent?: string };
  };
  return WebSocketPair === undefined && EdgeRuntime === undefined && navigator?.userAgent !== "Cloudflare-Workers";
};
