import type { AccessToken } from "./access-token.ts";
import type { SignOutReason } from "./api.ts";
import type { AuthFailure, TenantError } from "./failure.ts";

/** Whether a user is signed in, for all tabs. The same object until it changes. */
export interface LoginState {
  /** UNKNOWN until the first operation, or `ready`, has determined it. */
  readonly status: "UNKNOWN" | "SIGNED_IN" | "SIGNED_OUT";
  /** If it changes, another login was made, perhaps by another user: discard what was shown. */
  readonly sessionId: string | null;
  /** Why the user is no longer signed in; null if no user was signed in. */
  readonly reason: SignOutReason | null;
}

/** Who is signed in, and in which tenant this tab works, for display. The same object until it changes. */
export interface AuthState extends LoginState {
  /**
   * The tenant that this tab has chosen, otherwise that of the login's token: the home tenant. Null if neither is known. If it
   * changes, discard what was shown.
   */
  readonly tenantId: string | null;
  /** Why the user cannot work in this tab's tenant, though signed in; null if they can. Until `switchTenant`, operations fail. */
  readonly tenantError: TenantError | null;
}

const UNKNOWN: LoginState = Object.freeze({ status: "UNKNOWN", sessionId: null, reason: null });

/** The state of the login in one tab. Once a session has ended here, late messages do not restore it. */
export class AuthStore {
  #login = UNKNOWN;
  #state: AuthState;
  #token: AccessToken | null = null;
  #version = 0;
  #chosen: string | null;
  #own: AccessToken | null = null;
  readonly #past = new Set<string>();
  readonly #watchers = new Set<(state: AuthState) => void>();
  readonly #waiters = new Set<(failure: AuthFailure | null) => void>();

  /** `tenantId` is the tenant that this tab works in; null: the home tenant. */
  constructor(tenantId: string | null = null) {
    this.#chosen = tenantId;
    this.#state = Object.freeze({ ...UNKNOWN, tenantId, tenantError: null });
  }

  get state(): AuthState {
    return this.#state;
  }

  /** The part of the state that all tabs share. */
  get login(): LoginState {
    return this.#login;
  }

  /** The token that all tabs share, for the home tenant; null if signed out or not known yet. */
  get token(): AccessToken | null {
    return this.#token;
  }

  /** The version of these tokens: a higher one is newer, across all tabs. */
  get version(): number {
    return this.#version;
  }

  /** The tenant that this tab works in; null: the home tenant. */
  get chosen(): string | null {
    return this.#chosen;
  }

  /** The token that this tab sends; null if it needs one for its tenant first, or cannot work there. */
  get sent(): AccessToken | null {
    if (this.#state.tenantError !== null) return null;
    return this.needsOwn ? this.#own : this.#token;
  }

  /** Whether the token that all tabs share is for another tenant than this tab's. */
  get needsOwn(): boolean {
    return this.#token !== null && this.#chosen !== null && this.#token.tenantId !== this.#chosen;
  }

  isOver(sessionId: string): boolean {
    return this.#past.has(sessionId);
  }

  /**
   * Adopts newer tokens, unless their session has ended.
   *
   * @returns whether it adopted them
   */
  signIn(token: AccessToken, version: number): boolean {
    const { status, sessionId } = this.#login;
    const stale = status === "SIGNED_IN" && version <= this.#version;
    if (stale || this.#past.has(token.sessionId)) return false;
    if (sessionId !== null && sessionId !== token.sessionId) this.#past.add(sessionId);
    this.#version = version;
    this.#token = token;
    if (sessionId === token.sessionId) this.#show();
    else this.#become({ status: "SIGNED_IN", sessionId: token.sessionId, reason: null });
    this.notify(null);
    return true;
  }

  /** Ends a session, in this tab. If another session has signed in here since, that one stays. */
  end(sessionId: string, reason: SignOutReason): void {
    this.#past.add(sessionId);
    if (this.#login.sessionId === sessionId) this.signOut(reason);
  }

  signOut(reason: SignOutReason | null): void {
    this.#token = null;
    if (this.#login.status !== "SIGNED_OUT") this.#become({ status: "SIGNED_OUT", sessionId: null, reason });
    this.notify(null);
  }

  /** From now on this tab works in a tenant, with this token, unless the token belongs to another login. */
  choose(tenantId: string | null, own: AccessToken | null): void {
    this.#chosen = tenantId;
    this.#own = own?.sessionId === this.#login.sessionId ? own : null;
    this.#show(null);
  }

  /** The token of this tab's tenant is no longer valid. */
  dropOwn(): void {
    this.#own = null;
  }

  /** The user of this login cannot work in the tenant. It affects this tab only if it has chosen that tenant. */
  refuse(sessionId: string, tenantId: string, error: TenantError): void {
    if (sessionId === this.#login.sessionId && tenantId === this.#chosen) this.#show(error);
  }

  watch(watcher: (state: AuthState) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** The next change of tokens: null if they changed, otherwise why they could not be renewed. */
  nextChange(): Promise<AuthFailure | null> {
    return new Promise((resolve) => this.#waiters.add(resolve));
  }

  notify(failure: AuthFailure | null): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter(failure);
  }

  #become(login: LoginState): void {
    this.#login = Object.freeze(login);
    this.#own = null;
    this.#show(null);
  }

  /** Notifies the watchers if the visible state has changed. */
  #show(tenantError: TenantError | null = this.#state.tenantError): void {
    const tenantId = this.#chosen ?? this.#token?.tenantId ?? null;
    const state: AuthState = Object.freeze({ ...this.#login, tenantId, tenantError });
    if (SHOWN.every((field) => this.#state[field] === state[field])) return;
    this.#state = state;
    // A watcher that throws does not affect the others or this code.
    for (const watcher of this.#watchers) void Promise.resolve(state).then(watcher);
  }
}

const SHOWN = ["status", "sessionId", "reason", "tenantId", "tenantError"] as const;
