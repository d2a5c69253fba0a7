import type { LogoutScope } from "./api.ts";
import type { TokenStorage } from "./globals.ts";

/** A logout that the API has not heard of yet. */
export interface PendingLogout {
  readonly scope: LogoutScope;
  /** Null: the cookie that the browser keeps says which session. */
  readonly refreshToken: string | null;
}

/** Logouts that were made offline. They outlive the page, so that the sessions end as soon as the API can be asked. */
export class PendingLogouts {
  readonly #storage: TokenStorage;
  readonly #key: string;

  constructor(storage: TokenStorage, key: string) {
    this.#storage = storage;
    this.#key = key;
  }

  async list(): Promise<readonly PendingLogout[]> {
    try {
      const entries: unknown = JSON.parse((await this.#storage.getItem(this.#key)) ?? "[]");
      return Array.isArray(entries) ? (entries as PendingLogout[]) : [];
    } catch {
      return [];
    }
  }

  async add(logout: PendingLogout): Promise<void> {
    await this.#keep([...(await this.list()), logout]);
  }

  /** Forgets those that are not to be kept. */
  async retain(isKept: (logout: PendingLogout) => boolean): Promise<void> {
    const entries = await this.list();
    const kept = entries.filter(isKept);
    if (kept.length < entries.length) await this.#keep(kept);
  }

  async #keep(entries: readonly PendingLogout[]): Promise<void> {
    if (entries.length === 0) await this.#storage.removeItem(this.#key);
    else await this.#storage.setItem(this.#key, JSON.stringify(entries));
  }
}
