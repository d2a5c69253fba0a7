import type { SignOutReason } from "./api.ts";
import type { Channel, Globals, Locks } from "./globals.ts";

/** Messages between the tabs of an origin. No other origin receives them; they never contain a refresh token. */
export type TabMessage =
  /** A tab has new tokens. `age` and `lifetime` are in milliseconds, because the clocks of tabs may differ. */
  | {
      readonly kind: "TOKENS";
      readonly version: number;
      readonly sessionId: string;
      readonly text: string;
      readonly age: number;
      readonly lifetime: number;
    }
  /** A session has ended. */
  | { readonly kind: "ENDED"; readonly sessionId: string; readonly reason: SignOutReason }
  /** The user of a session may no longer work in a tenant. */
  | { readonly kind: "TENANT_LOST"; readonly sessionId: string; readonly tenantId: string }
  /** Asks the tab that obtained newer tokens than these (with `anyone`: any tab that has them) to send them. */
  | { readonly kind: "ASK"; readonly version: number; readonly anyone: boolean }
  /** The API could not be reached. Tabs that wait for their turn need not try as well. */
  | {
      readonly kind: "FAILED";
      /** When the API was last called. */
      readonly at: number;
      readonly code: string;
      readonly message: string;
      readonly retryAfter: number | null;
    };

/** The other tabs of this origin. Only one at a time calls the API about tokens. */
export interface CrossTabChannel {
  /** Runs `work` while no other tab runs its own. A tab that is killed while running it releases its turn. */
  withLock<T>(work: () => Promise<T>): Promise<T>;
  /** The newest version of tokens that an open tab holds; 0 if none does, or if this cannot be determined. */
  latestVersion(): Promise<number>;
  /** Declares which version this tab holds from now on; null for none. Once it resolves, `newest` returns it in every tab. */
  holdVersion(version: number | null): Promise<void>;
  post(message: TabMessage): void;
  close(): void;
}

/** Coordinates tabs with Web Locks and channels. If either is missing, each tab works on its own. */
export const openTabs = (
  name: string,
  { navigator, BroadcastChannel }: Pick<Globals, "navigator" | "BroadcastChannel">,
  onMessage: (message: TabMessage) => void,
): CrossTabChannel => {
  const channel = BroadcastChannel ? new BroadcastChannel(name) : null;
  channel?.addEventListener("message", ({ data }) => onMessage(data as TabMessage));
  const locks = navigator?.locks;
  return locks && channel ? new LockingTabs(name, locks, channel) : new SingleTab(channel);
};

/**
 * Messages and locks overtake each other, and so do messages and storage. Locks therefore also declare which tab holds which
 * version: each tab holds a shared lock with the version in its name, acquired before its turn ends. The tab whose turn is next
 * is certain to find that lock, and knows that there is a message to wait for. The lock is released with the tab.
 */
class LockingTabs implements CrossTabChannel {
  readonly #name: string;
  readonly #locks: Locks;
  readonly #channel: Channel;
  #release: () => void = () => {};
  #held: number | null = null;

  constructor(name: string, locks: Locks, channel: Channel) {
    this.#name = name;
    this.#locks = locks;
    this.#channel = channel;
  }

  withLock<T>(work: () => Promise<T>): Promise<T> {
    return this.#locks.request(this.#name, { mode: "exclusive" }, work);
  }

  async latestVersion(): Promise<number> {
    const { held = [] } = await this.#locks.query();
    const prefix = this.#marker("");
    const versions = held.flatMap(({ name }) => (name?.startsWith(prefix) ? Number(name.slice(prefix.length)) : []));
    return Math.max(0, ...versions);
  }

  async holdVersion(version: number | null): Promise<void> {
    if (version === this.#held) return;
    this.#held = version;
    const before = this.#release;
    this.#release = () => {};
    if (version !== null)
      await new Promise<void>((granted) => {
        const released = new Promise<void>((release) => {
          this.#release = release;
        });
        const hold = (): Promise<void> => {
          granted();
          return released;
        };
        // A page that is closed loses its locks, and the promise rejects.
        this.#locks.request(this.#marker(version), { mode: "shared" }, hold).catch(() => granted());
      });
    before();
  }

  post(message: TabMessage): void {
    this.#channel.postMessage(message);
  }

  close(): void {
    this.#channel.close();
    void this.holdVersion(null);
  }

  #marker(version: number | string): string {
    return `${this.#name} has ${version}`;
  }
}

/**
 * A tab that cannot wait for the others: it makes one request at a time, and relies on the API's grace period for races between
 * tabs.
 */
class SingleTab implements CrossTabChannel {
  readonly #channel: Channel | null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(channel: Channel | null) {
    this.#channel = channel;
  }

  withLock<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  latestVersion(): Promise<number> {
    return Promise.resolve(0);
  }

  holdVersion(): Promise<void> {
    return Promise.resolve();
  }

  post(message: TabMessage): void {
    this.#channel?.postMessage(message);
  }

  close(): void {
    this.#channel?.close();
  }
}
