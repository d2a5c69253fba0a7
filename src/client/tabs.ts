import type { SignOutReason } from "./api.ts";
import type { Channel, Globals, Locks } from "./globals.ts";

/** What the tabs of an origin tell one another. Nobody else hears it; a refresh token is never among it. */
export type Message =
  /** Somebody has new tokens. `age` and `lifetime` in milliseconds: tabs need not agree what time it is. */
  | {
      readonly kind: "TOKENS";
      readonly version: number;
      readonly sessionId: string;
      readonly text: string;
      readonly age: number;
      readonly lifetime: number;
    }
  /** A session is over. */
  | { readonly kind: "ENDED"; readonly sessionId: string; readonly reason: SignOutReason }
  /** The user of a session may not work in a tenant any more. */
  | { readonly kind: "TENANT_LOST"; readonly sessionId: string; readonly tenantId: string }
  /** Whoever made newer tokens than these, or in need anyone who has them, tell. */
  | { readonly kind: "ASK"; readonly version: number; readonly anyone: boolean }
  /** The API could not be asked. Whoever waits to ask it himself need not try, too. */
  | {
      readonly kind: "FAILED";
      /** When it was last asked. */
      readonly at: number;
      readonly code: string;
      readonly message: string;
      readonly retryAfter: number | null;
    };

/** The other tabs of this origin, of which only one at a time talks to the API about tokens. */
export interface Tabs {
  /** Runs `work` while no other tab runs its own. A tab that is killed meanwhile gives its turn away. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** The newest version of tokens that a living tab holds; 0 where none does, or nobody can know. */
  newest(): Promise<number>;
  /** Says which version this tab holds from now on; null for none. Once it has, `newest` tells it everywhere. */
  hold(version: number | null): Promise<void>;
  tell(message: Message): void;
  close(): void;
}

/** Tabs that have the browser's help. Where Web Locks or channels are missing, each tab does what it can by itself. */
export const openTabs = (
  name: string,
  { navigator, BroadcastChannel }: Pick<Globals, "navigator" | "BroadcastChannel">,
  hear: (message: Message) => void,
): Tabs => {
  const channel = BroadcastChannel ? new BroadcastChannel(name) : null;
  channel?.addEventListener("message", ({ data }) => hear(data as Message));
  const locks = navigator?.locks;
  return locks && channel ? new LockedTabs(name, locks, channel) : new LoneTab(channel);
};

/**
 * Messages and locks overtake each other, and so do messages and storage. So who holds which version is told by locks, too: each
 * tab holds a shared one with the version in its name, taken before its turn ends. Whoever has the next turn finds it for certain,
 * and knows that there is a message to wait for. It goes with the tab.
 */
class LockedTabs implements Tabs {
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

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#locks.request(this.#name, { mode: "exclusive" }, work);
  }

  async newest(): Promise<number> {
    const { held = [] } = await this.#locks.query();
    const prefix = this.#marker("");
    const versions = held.flatMap(({ name }) => (name?.startsWith(prefix) ? Number(name.slice(prefix.length)) : []));
    return Math.max(0, ...versions);
  }

  async hold(version: number | null): Promise<void> {
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
        // A page that goes away loses its locks, and the promise fails.
        this.#locks.request(this.#marker(version), { mode: "shared" }, hold).catch(() => granted());
      });
    before();
  }

  tell(message: Message): void {
    this.#channel.postMessage(message);
  }

  close(): void {
    this.#channel.close();
    void this.hold(null);
  }

  #marker(version: number | string): string {
    return `${this.#name} has ${version}`;
  }
}

/** A tab that cannot wait for the others: one request at a time of its own, and the API's grace makes the rest safe. */
class LoneTab implements Tabs {
  readonly #channel: Channel | null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(channel: Channel | null) {
    this.#channel = channel;
  }

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }

  newest(): Promise<number> {
    return Promise.resolve(0);
  }

  hold(): Promise<void> {
    return Promise.resolve();
  }

  tell(message: Message): void {
    this.#channel?.postMessage(message);
  }

  close(): void {
    this.#channel?.close();
  }
}
