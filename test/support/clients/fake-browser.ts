import { Auth } from "../../../src/client/auth.ts";
import type { AuthOptions } from "../../../src/client/auth-options.ts";
import type { Channel, Fetch, Globals, Locks, TokenStorage } from "../../../src/client/globals.ts";

/** Features that a tab of this browser lacks, or that are slow. */
export interface TabOptions extends Partial<AuthOptions> {
  readonly without?: readonly ("locks" | "channel" | "page")[];
  /** The page's host, and where its warnings go. */
  readonly location?: { readonly hostname: string };
  readonly warnings?: string[];
  /** Absent in React Native before 0.80. */
  readonly hasTimeOrigin?: boolean;
  /** What the tab keeps when its page is reloaded. */
  readonly session?: Map<string, string>;
}

/** How long messages are in transit, in milliseconds: longer than a lock takes to be passed on. */
const MESSAGES_TAKE = 30;

/**
 * A browser with many tabs, without real ones: locks, channels and storage as the standards define them, and delayed messages.
 */
export class FakeBrowser {
  readonly storage: TokenStorage & { readonly items: Map<string, string> };
  /** Added to every tab's clock, in milliseconds. */
  later = 0;
  readonly #fetch: Fetch;
  readonly #channels = new Set<FakeChannel>();
  readonly #locks: FakeLock[] = [];
  readonly #tabs: Auth[] = [];

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
    const items = new Map<string, string>();
    this.storage = {
      items,
      getItem: async (key) => items.get(key) ?? null,
      setItem: async (key, value) => void items.set(key, value),
      removeItem: async (key) => void items.delete(key),
    };
  }

  /** Opens a tab; `kill` ends it like a crash. */
  open({
    without = [],
    location,
    warnings = [],
    hasTimeOrigin = true,
    session = new Map(),
    ...options
  }: TabOptions = {}): {
    readonly auth: Auth;
    kill(): void;
    readonly page: EventTarget;
  } {
    const tab = {};
    const page = new EventTarget();
    const channels = this.#channels;
    const own: FakeChannel[] = [];
    const env: Globals = {
      fetch: this.#fetch,
      performance: {
        ...(hasTimeOrigin && { timeOrigin: 1_700_000_000_000 }),
        now: () => performance.now() + this.later,
      },
      Date,
      ...(location && { location: { hash: "", search: "", pathname: "/", ...location } }),
      sessionStorage: {
        getItem: (key) => session.get(key) ?? null,
        setItem: (key, value) => void session.set(key, value),
        removeItem: (key) => void session.delete(key),
      },
      console: { warn: (message) => void warnings.push(message) },
      setTimeout: (work, milliseconds) => setTimeout(work, milliseconds),
      addEventListener: (event, listener) => page.addEventListener(event, listener),
      removeEventListener: (event, listener) => page.removeEventListener(event, listener),
      ...(!without.includes("page") && { document: {} }),
      ...(!without.includes("locks") && { navigator: { locks: this.#locksOf(tab) } }),
      ...(!without.includes("channel") && {
        BroadcastChannel: class extends FakeChannel {
          constructor(name: string) {
            super(name, channels);
            own.push(this);
          }
        },
      }),
    };
    const auth = new Auth({ url: "/graphql", transport: "COOKIE", storage: this.storage, ...options }, env);
    this.#tabs.push(auth);
    const kill = () => {
      for (const channel of own) channel.close();
      for (const lock of this.#locks.filter((lock) => lock.tab === tab)) this.#release(lock);
    };
    return { auth, kill, page };
  }

  close(): void {
    for (const tab of this.#tabs) tab.close();
  }

  #locksOf(tab: object): Locks {
    return {
      request: (name, { mode }, work) =>
        new Promise((resolve, reject) => {
          const lock: FakeLock = {
            tab,
            name,
            mode,
            held: false,
            start: () => {
              const end = () => this.#release(lock);
              work().then(resolve, reject).finally(end);
            },
          };
          this.#locks.push(lock);
          this.#grant();
        }),
      query: async () => ({ held: this.#locks.filter(({ held }) => held).map(({ name }) => ({ name })) }),
    };
  }

  #release(lock: FakeLock): void {
    const at = this.#locks.indexOf(lock);
    if (at >= 0) this.#locks.splice(at, 1);
    this.#grant();
  }

  #grant(): void {
    for (const [at, lock] of this.#locks.entries()) {
      const before = this.#locks.slice(0, at).filter(({ name }) => name === lock.name);
      const mayStart = lock.mode === "shared" ? before.every(({ mode }) => mode === "shared") : before.length === 0;
      if (lock.held || !mayStart) continue;
      lock.held = true;
      queueMicrotask(lock.start);
    }
  }
}

interface FakeLock {
  readonly tab: object;
  readonly name: string;
  readonly mode: "exclusive" | "shared";
  held: boolean;
  readonly start: () => void;
}

class FakeChannel implements Channel {
  readonly #name: string;
  readonly #all: Set<FakeChannel>;
  readonly #listeners: ((event: { readonly data: unknown }) => void)[] = [];

  constructor(name: string, all: Set<FakeChannel>) {
    this.#name = name;
    this.#all = all;
    all.add(this);
  }

  postMessage(message: unknown): void {
    const data = structuredClone(message);
    const others = [...this.#all].filter((other) => other !== this && other.#name === this.#name);
    setTimeout(() => {
      for (const other of others)
        if (this.#all.has(other)) for (const listener of other.#listeners) listener({ data: structuredClone(data) });
    }, MESSAGES_TAKE);
  }

  addEventListener(_event: "message", listener: (event: { readonly data: unknown }) => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#all.delete(this);
  }
}
