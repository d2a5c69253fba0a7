import type { TokenStorage } from "./globals.ts";

/** Only letters, digits, `.`, `_` and `-`: Expo SecureStore accepts no other keys. */
const STORAGE_KEY = "portcullis.registration";

/** The challenge of a registration, from `register` until `verifyEmail` has used it. */
export interface ChallengeStore {
  /** Stores `RegisterPayload.challenge`; the newest one wins. Null, as with transport COOKIE, stores nothing. */
  keep(challenge: string | null | undefined): Promise<void>;
  /** The value to pass to `verifyEmail`; null if this client has not registered. */
  find(): Promise<string | null>;
  /** Deletes it, once `verifyEmail` has logged in. */
  forget(): Promise<void>;
}

/**
 * Stores the challenge where a new tab finds it, because the mailed link opens one. Pass `localStorage`, or a secure storage in
 * an app; `sessionStorage` does not work. Not needed with transport COOKIE, because the browser then stores the challenge in a
 * cookie.
 *
 * @param storageKey if several apps use the same storage
 */
export const createChallengeStore = (storage: TokenStorage, storageKey = STORAGE_KEY): ChallengeStore => ({
  async keep(challenge) {
    if (challenge) await storage.setItem(storageKey, challenge);
  },
  async find() {
    return (await storage.getItem(storageKey)) || null;
  },
  async forget() {
    await storage.removeItem(storageKey);
  },
});
