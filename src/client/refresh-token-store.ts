import { globals } from "./globals.ts";

/** A place for the refresh token, as `localStorage` is one, or React Native's AsyncStorage. All tabs of the origin must share it. */
export interface TokenStorage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): void | Promise<void>;
  removeItem(key: string): void | Promise<void>;
}

/** A refresh token, and whose it is. */
export interface StoredToken {
  readonly sessionId: string;
  readonly refreshToken: string;
}

/** Whether other tabs can read what this one stores. */
export const isShared = (storage: TokenStorage | undefined): storage is TokenStorage =>
  storage !== undefined && storage !== globals().sessionStorage;

/** Where the refresh token lies that the API has answered in its body. */
export class RefreshTokenStore {
  readonly #storage: TokenStorage;
  readonly #key: string;

  constructor(storage: TokenStorage, key: string) {
    this.#storage = storage;
    this.#key = key;
  }

  async find(): Promise<StoredToken | null> {
    const text = await this.#storage.getItem(this.#key);
    try {
      const { sessionId, refreshToken } = JSON.parse(text ?? "null") ?? {};
      return typeof refreshToken === "string" ? { sessionId, refreshToken } : null;
    } catch {
      // Somebody else's.
      return null;
    }
  }

  async keep(token: StoredToken): Promise<void> {
    await this.#storage.setItem(this.#key, JSON.stringify(token));
  }

  /** Forgets a session's token: another's, of a login meanwhile, stays. */
  async forget(sessionId: string): Promise<void> {
    if ((await this.find())?.sessionId === sessionId) await this.#storage.removeItem(this.#key);
  }
}

/** For an app that names no storage: it is forgotten with the page. */
export const createMemory = (): TokenStorage => {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
};
