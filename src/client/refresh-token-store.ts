import { globals, type TokenStorage } from "./globals.ts";

/** A refresh token, and whose it is. */
export interface StoredToken {
  readonly sessionId: string;
  readonly refreshToken: string;
  /** Of the device that the session is on; null if the login did not hand it over, or an earlier version stored this. */
  readonly deviceToken: string | null;
}

/** Whether other tabs can read what this one stores. */
export const isShared = (storage: TokenStorage | undefined): storage is TokenStorage =>
  storage !== undefined && storage !== globals().sessionStorage;

/** Where the refresh token lies that the API has answered in its body. */
export class RefreshTokenStore {
  readonly #storage: TokenStorage;
  readonly #key: string;
  readonly #formerKey: string;

  /** `formerKey` is what earlier versions stored under: whoever was signed in then still is. */
  constructor(storage: TokenStorage, key: string, formerKey: string) {
    this.#storage = storage;
    this.#key = key;
    this.#formerKey = formerKey;
  }

  async find(): Promise<StoredToken | null> {
    const text = (await this.#storage.getItem(this.#key)) ?? (await this.#former());
    try {
      const { sessionId, refreshToken, deviceToken = null } = JSON.parse(text ?? "null") ?? {};
      return typeof refreshToken === "string" ? { sessionId, refreshToken, deviceToken } : null;
    } catch {
      // Somebody else's.
      return null;
    }
  }

  async keep(token: StoredToken): Promise<void> {
    await this.#storage.setItem(this.#key, JSON.stringify(token));
    if ((await this.#former()) !== null) await this.#storage.removeItem(this.#formerKey);
  }

  /** Forgets a session's token: another's, of a login meanwhile, stays. */
  async forget(sessionId: string): Promise<void> {
    if ((await this.find())?.sessionId !== sessionId) return;
    await this.#storage.removeItem(this.#key);
    if ((await this.#former()) !== null) await this.#storage.removeItem(this.#formerKey);
  }

  /** Storage that takes only some characters in its keys has nothing there. */
  async #former(): Promise<string | null> {
    try {
      return await this.#storage.getItem(this.#formerKey);
    } catch {
      return null;
    }
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
