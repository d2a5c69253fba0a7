import { globals, type TokenStorage } from "./globals.ts";

/** A refresh token and its session. */
export interface StoredToken {
  readonly sessionId: string;
  readonly refreshToken: string;
  /** The token of the session's device; null if the login did not return it, or an earlier version stored this entry. */
  readonly deviceToken: string | null;
}

/** Whether other tabs can read what this tab stores. */
export const isShared = (storage: TokenStorage | undefined): storage is TokenStorage =>
  storage !== undefined && storage !== globals().sessionStorage;

/** Stores the refresh token that the API returns in the response body. */
export class RefreshTokenStore {
  readonly #storage: TokenStorage;
  readonly #key: string;
  readonly #formerKey: string | null;

  /** `formerKey` is the key that earlier versions used, if any: users who signed in with them stay signed in. */
  constructor(storage: TokenStorage, key: string, formerKey: string | null) {
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
      // Written by other code.
      return null;
    }
  }

  async keep(token: StoredToken): Promise<void> {
    await this.#storage.setItem(this.#key, JSON.stringify(token));
    await this.#forgetFormer();
  }

  /** Deletes a session's token. The token of a later login stays. */
  async forget(sessionId: string): Promise<void> {
    if ((await this.find())?.sessionId !== sessionId) return;
    await this.#storage.removeItem(this.#key);
    await this.#forgetFormer();
  }

  async #forgetFormer(): Promise<void> {
    if (this.#formerKey !== null && (await this.#former()) !== null) await this.#storage.removeItem(this.#formerKey);
  }

  /** If the storage rejects the old key because of its characters, nothing can be stored there. */
  async #former(): Promise<string | null> {
    if (this.#formerKey === null) return null;
    try {
      return await this.#storage.getItem(this.#formerKey);
    } catch {
      return null;
    }
  }
}

/** For an app that provides no storage: the contents are lost with the page. */
export const createMemory = (): TokenStorage => {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
};
