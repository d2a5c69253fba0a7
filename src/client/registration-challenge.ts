import type { TokenStorage } from "./globals.ts";

/** Letters, digits, `.`, `_` and `-` only: Expo SecureStore takes no other keys. */
const KEY = "portcullis.registration";

/** The challenge of a registration, from `register` until `verifyEmail` has used it. */
export interface ChallengeStore {
  /** Keeps `RegisterPayload.challenge`; the newest one wins. Null, as with transport COOKIE, keeps nothing. */
  keep(challenge: string | null | undefined): Promise<void>;
  /** What to give to `verifyEmail`; null if this client has not registered. */
  find(): Promise<string | null>;
  /** Forgets it, once `verifyEmail` has logged in. */
  forget(): Promise<void>;
}

/**
 * Keeps the challenge where a new tab finds it: the mailed link opens one. Give it `localStorage`, or a secure storage in an app;
 * `sessionStorage` will not do. With transport COOKIE the browser keeps it, and this is not needed.
 */
export const createChallengeStore = (storage: TokenStorage): ChallengeStore => ({
  async keep(challenge) {
    if (challenge) await storage.setItem(KEY, challenge);
  },
  async find() {
    return (await storage.getItem(KEY)) || null;
  },
  async forget() {
    await storage.removeItem(KEY);
  },
});
