import { type AccessToken, isDue, isOver, readAccessToken } from "./access-token.ts";
import type { Api } from "./api.ts";
import { AuthFailure, tenantFailure } from "./failure.ts";
import { type Globals, type SyncStorage, storageOf } from "./globals.ts";
import type { RefreshTokenStore } from "./refresh-token-store.ts";
import type { Standing } from "./standing.ts";

interface TabTenantOptions {
  readonly standing: Standing;
  readonly api: Pick<Api, "issueAccessToken">;
  readonly store: Pick<RefreshTokenStore, "find"> | null;
  readonly now: () => number;
  readonly memory: TabMemory;
  /** Runs the work while no other tab changes the login, after what others did is known here. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** Asks the API for new tokens of the login. Only in turn. */
  readonly refresh: () => Promise<void>;
}

/**
 * The tenant of one tab, and its access token there. The login's tokens are for the home tenant, and are refreshed once for all
 * tabs; a tab that works elsewhere exchanges the access token for one of its own, which spends nothing. So no tab changes the
 * tenant of another.
 */
export class TabTenant {
  readonly #options: TabTenantOptions;
  #issuing: Promise<void> | null = null;

  constructor(options: TabTenantOptions) {
    this.#options = options;
  }

  /** Sees to it that `standing.sent` is a token that is good for a while. Throws `AuthFailure` if none can be had now. */
  async ensure(): Promise<void> {
    const { now, standing } = this.#options;
    const { chosen, state } = standing;
    const { tenantError } = state;
    if (tenantError !== null) throw tenantFailure(tenantError);
    const own = standing.sent;
    if (!standing.needsOwn || (own && !isDue(own, now()))) return;
    this.#issuing ??= this.#renewOwn().finally(() => {
      this.#issuing = null;
    });
    await this.#issuing.catch((failure: AuthFailure) => {
      // The old one may still do.
      if (failure.tenantError || !own || isOver(own, now())) throw failure;
    });
    if (standing.chosen !== chosen) await this.ensure();
  }

  /** Works in another tenant from now on; null: the home tenant. If that fails the tab stays where it is. Throws `AuthFailure`. */
  async switchTo(tenantId: string | null): Promise<void> {
    const { memory, standing } = this.#options;
    const isHome = tenantId === null || tenantId === standing.token?.tenantId;
    // Asked for also after an error: the user may be a member again.
    const own = isHome ? null : await this.#issue(tenantId);
    memory.keep(tenantId);
    standing.choose(tenantId, own);
  }

  async #renewOwn(): Promise<void> {
    const { standing } = this.#options;
    const { chosen } = standing;
    if (chosen === null) return;
    const { sessionId } = standing.login;
    try {
      const own = await this.#issue(chosen);
      // The tab may have switched.
      if (own && standing.chosen === chosen) standing.choose(chosen, own);
    } catch (failure) {
      const { tenantError } = failure as AuthFailure;
      if (tenantError && sessionId !== null) standing.refuse(sessionId, chosen, tenantError);
      throw failure;
    }
  }

  /** An access token for the tenant; null if the user is signed out. */
  #issue(tenantId: string): Promise<AccessToken | null> {
    const { api, inTurn, now, refresh, standing, store } = this.#options;
    const issue = async (isFresh = false): Promise<AccessToken | null> => {
      const { token } = standing;
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
          if (isFresh) throw new AuthFailure("UNAUTHENTICATED", "New tokens were refused like the old ones.");
          await refresh();
          return issue(true);
      }
    };
    return inTurn(issue);
  }
}

/** The tenant that a tab has chosen, for as long as the tab is open: a page that is loaded again finds it. */
export class TabMemory {
  readonly #storage: SyncStorage | undefined;
  readonly #key: string;

  constructor(surroundings: Globals, key: string) {
    this.#storage = storageOf(surroundings, "sessionStorage");
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
