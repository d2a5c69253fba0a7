import { encodeBase64url } from "../base64url.ts";
import { globals } from "../globals.ts";

/** The parameters with which a provider sends the user back to the app. */
export interface SocialCallback {
  readonly state: string;
  /** Null if the provider returned an error. */
  readonly code: string | null;
  readonly iss: string | null;
  /** The provider's error, such as `access_denied`. */
  readonly error: string | null;
}

/**
 * For the page of `redirectUri`: returns the provider's answer in the page's address, or null, and removes the query from the
 * address bar and the history. Call it once, before the router and before anything that reports the page's address.
 */
export const takeSocialCallback = (): SocialCallback | null => {
  const { location, history, URLSearchParams } = globals();
  if (!location || !history || !URLSearchParams) return null;
  const values = new URLSearchParams(location.search);
  const [state, code = null, iss = null, error = null] = ["state", "code", "iss", "error"].map((name) =>
    values.get(name),
  );
  if (!state || (code === null && error === null)) return null;
  history.replaceState(history.state, "", location.pathname + location.hash);
  return { state, code, iss, error };
};

/** A secret of this client, and its SHA-256: only this client can finish the login that it starts (RFC 7636). */
export const createCodeVerifier = async (): Promise<{ readonly verifier: string; readonly challenge: string }> => {
  const { crypto, TextEncoder } = globals();
  if (!crypto?.subtle || !TextEncoder) throw new TypeError("A social login with transport BODY needs WebCrypto.");
  const verifier = encodeBase64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return { verifier, challenge: encodeBase64url(new Uint8Array(digest)) };
};
