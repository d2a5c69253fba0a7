import { type AccessToken, isDue, isOver, readAccessToken } from "./access-token.ts";
import type { Api } from "./api.ts";
import type { AuthStore } from "./auth-store.ts";
import { AuthFailure, tenantFailure } from "./failure.ts";
import { type Globals, type SyncStorage, storageOf } from "./globals.ts";
import type { RefreshTokenStore } from "./refresh-token-store.ts";

interface TabTenantOptions {
  readonly authStore: AuthStore;
  readonly api: Pick<Api, "issueAccessToken">;
  readonly store: Pick<RefreshTokenStore, "find"> | null;
  readonly now: () => number;
  readonly memory: TabMemory;
  /** Runs the work while no other tab changes the login, after the changes of other tabs have arrived here. */
  readonly withLock: <T>(work: () => Promise<T>) => Promise<T>;
  /** Requests new tokens of the login from the API. Call it only within `withLock`. */
  readonly refresh: () => Promise<void>;
}

/**
 * The tenant of one tab, and its access token there. The login's tokens are for the home tenant and are refreshed once for all
 * tabs. A tab that works in another tenant exchanges the access token for its own, which does not rotate the refresh token. So no
 * tab changes the tenant of another.
 */
export class TabTenant {
  readonly #options: TabTenantOptions;
  #issuing: Promise<void> | null = null;

  constructor(options: TabTenantOptions) {
    this.#options = options;
  }

  /**
   * Ensures that the tab's access token stays valid for a while.
   *
   * @throws {AuthFailure} if no token is available now
   */
  async ensure(): Promise<void> {
    const { now, authStore } = this.#options;
    const { chosen, state } = authStore;
    const { tenantError } = state;
    if (tenantError !== null) throw tenantFailure(tenantError);
    const own = authStore.sent;
    if (!authStore.needsOwn || (own && !isDue(own, now()))) return;
    this.#issuing ??= this.#renewOwn().finally(() => {
      this.#issuing = null;
    });
    await this.#issuing.catch((failure: AuthFailure) => {
      // The current token may still be valid.
      if (failure.tenantError || !own || isOver(own, now())) throw failure;
    });
    if (authStore.chosen !== chosen) await this.ensure();
  }

  /**
   * Works in another tenant from now on; null: the home tenant. If that fails, the tab keeps its tenant.
   *
   * @throws {AuthFailure} if the API is unavailable, or the user cannot work there
   */
  async switchTo(tenantId: string | null): Promise<void> {
    const { memory, authStore } = this.#options;
    const isHome = tenantId === null || tenantId === authStore.token?.tenantId;
    // Requested even after an error, because the user may be a member again.
    const own = isHome ? null : await this.#issue(tenantId);
    memory.keep(tenantId);
    authStore.choose(tenantId, own);
  }

  async #renewOwn(): Promise<void> {
    const { authStore } = this.#options;
    const { chosen } = authStore;
    if (chosen === null) return;
    const { sessionId } = authStore.login;
    try {
      const own = await this.#issue(chosen);
      // The tab may have switched.
      if (own && authStore.chosen === chosen) authStore.choose(chosen, own);
    } catch (failure) {
      const { tenantError } = failure as AuthFailure;
      if (tenantError && sessionId !== null) authStore.refuse(sessionId, chosen, tenantError);
      throw failure;
    }
  }

  /** An access token for the tenant; null if the user is signed out. */
  #issue(tenantId: string): Promise<AccessToken | null> {
    const { api, withLock, now, refresh, authStore, store } = this.#options;
    const issue = async (isFresh = false): Promise<AccessToken | null> => {
      const { token } = authStore;
      if (token === null) return null;
      const stored = await store?.find();
      const askedAt = now();
      const issued = await api.issueAccessToken(tenantId, token.text, stored?.refreshToken ?? null);
      switch (issued.outcome) {
        case "ISSUED":
          return readAccessToken(issued.tokens, askedAt);
        case "REFUSED":
          throw tenantFailure(issued.error);
        case "OUTDATED":
          if (isFresh) throw new AuthFailure("UNAUTHENTICATED", "The new tokens were refused, too.");
          await refresh();
          return issue(true);
      }
    };
    return withLock(issue);
  }
}

/** The tenant that a tab has chosen, for as long as the tab is open: a reloaded page finds it. */
export class TabMemory {
  readonly #storage: SyncStorage | undefined;
  readonly #key: string;

  constructor(env: Globals, key: string) {
    this.#storage = storageOf(env, "sessionStorage");
    this.#key = key;
  }

  find(): string | null {
    return this.#storage?.getItem(this.#key) ?? null;
  }

  keep(tenantId: string | null): void {
    if (tenantId === null) this.#storage?.removeItem(this.#key);
    else this.#storage?.setItem(this.#key, tenantId);
  }
}
