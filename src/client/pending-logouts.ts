import type { LogoutScope } from "./api.ts";
import type { TokenStorage } from "./globals.ts";

/** A logout that has not reached the API yet. */
export interface PendingLogout {
  readonly scope: LogoutScope;
  /** Null: the browser's cookie identifies the session. */
  readonly refreshToken: string | null;
}

/**
 * Logouts that were made offline. They are stored beyond the page's lifetime, so that the sessions end once the API is reachable.
 */
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

  /** Deletes all entries for which `isKept` returns false. */
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
