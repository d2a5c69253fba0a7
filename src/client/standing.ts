import type { AccessToken } from "./access-token.ts";
import type { SignOutReason } from "./api.ts";
import type { AuthFailure } from "./failure.ts";

/** Who is signed in, for showing it. The same object until it changes. */
export interface AuthState {
  /** UNKNOWN until the first operation, or `ready`, has found out. */
  readonly status: "UNKNOWN" | "SIGNED_IN" | "SIGNED_OUT";
  /** Another one means another login, perhaps of somebody else: drop what was shown. */
  readonly sessionId: string | null;
  /** Why nobody is signed in any more; null where nobody was. */
  readonly reason: SignOutReason | null;
}

const UNKNOWN: AuthState = Object.freeze({ status: "UNKNOWN", sessionId: null, reason: null });

/** What one tab knows of the login. A session that is over for it never comes back, whatever arrives late. */
export class Standing {
  #state: AuthState = UNKNOWN;
  #token: AccessToken | null = null;
  #version = 0;
  readonly #past = new Set<string>();
  readonly #watchers = new Set<(state: AuthState) => void>();
  readonly #waiters = new Set<(failure: AuthFailure | null) => void>();

  get state(): AuthState {
    return this.#state;
  }

  /** The token to send; null where nobody is signed in, or nobody knows. */
  get token(): AccessToken | null {
    return this.#token;
  }

  /** Which tokens these are: the higher, the newer, over all tabs. */
  get version(): number {
    return this.#version;
  }

  isOver(sessionId: string): boolean {
    return this.#past.has(sessionId);
  }

  /** Takes newer tokens, unless they are of a session that is over. Answers whether it did. */
  signIn(token: AccessToken, version: number): boolean {
    const { status, sessionId } = this.#state;
    const stale = status === "SIGNED_IN" && version <= this.#version;
    if (stale || this.#past.has(token.sessionId)) return false;
    if (sessionId !== null && sessionId !== token.sessionId) this.#past.add(sessionId);
    this.#version = version;
    this.#token = token;
    if (sessionId !== token.sessionId) this.#become({ status: "SIGNED_IN", sessionId: token.sessionId, reason: null });
    this.tell(null);
    return true;
  }

  /** Ends a session, in this tab. Where another one is signed in here by now, that one stays. */
  end(sessionId: string, reason: SignOutReason): void {
    this.#past.add(sessionId);
    if (this.#state.sessionId === sessionId) this.signOut(reason);
  }

  signOut(reason: SignOutReason | null): void {
    this.#token = null;
    if (this.#state.status !== "SIGNED_OUT") this.#become({ status: "SIGNED_OUT", sessionId: null, reason });
    this.tell(null);
  }

  watch(watcher: (state: AuthState) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** The next thing that happens to tokens: null where they changed, else why they could not. */
  news(): Promise<AuthFailure | null> {
    return new Promise((resolve) => this.#waiters.add(resolve));
  }

  tell(news: AuthFailure | null): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter(news);
  }

  #become(state: AuthState): void {
    this.#state = Object.freeze(state);
    // One that throws is its own fault, and stops nothing here.
    for (const watcher of this.#watchers) void Promise.resolve(state).then(watcher);
  }
}
