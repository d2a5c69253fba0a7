import { decodeBase64url } from "./base64url.ts";

/** The part of a login's or refresh's result that the helpers need. Select these fields. */
export interface Tokens {
  readonly accessToken: string;
  /** Null or absent if a cookie holds it. */
  readonly refreshToken?: string | null;
  /** Seconds. */
  readonly expiresIn: number;
}

/** A successful login. Select `deviceToken` and `tokens { accessToken refreshToken expiresIn }`. */
export interface LoginSuccess {
  readonly tokens: Tokens;
  /** Null or absent if a cookie holds it. With it, a refresh whose response was lost can be repeated for a day. */
  readonly deviceToken?: string | null;
}

/** An access token in the memory of one tab. */
export interface AccessToken {
  readonly text: string;
  /** The session that the token belongs to. Each login creates one session. */
  readonly sessionId: string;
  /** The tenant that it is for; null if the token does not contain one. */
  readonly tenantId: string | null;
  /** When it was issued and how long it is valid, in milliseconds of this tab's clock, not the server's. */
  readonly issuedAt: number;
  readonly lifetime: number;
}

/**
 * Parses an access token. Its times are ignored, because the clocks of client and server differ: the token counts as issued when
 * the request for it was sent (`askedAt`).
 *
 * @throws {TypeError} if it is not an access token of this API
 */
export const readAccessToken = ({ accessToken, expiresIn }: Tokens, askedAt: number): AccessToken => {
  const { sessionId, tenantId } = ownerOf(accessToken);
  if (sessionId === null || !(expiresIn > 0))
    throw new TypeError("Pass accessToken and expiresIn as returned by the login.");
  return { text: accessToken, sessionId, tenantId, issuedAt: askedAt, lifetime: expiresIn * 1_000 };
};

/** The elevated token of a step-up, in the memory of the tab that requested it. */
export interface ElevatedToken extends Pick<AccessToken, "text" | "sessionId" | "tenantId"> {
  /** Until when it is accepted for fields marked @reauth, in milliseconds of this tab's clock. */
  readonly until: number;
}

/**
 * Parses the token that `reauthenticate` returned.
 *
 * @throws {TypeError} if it is not an elevated token of this API
 */
export const readElevatedToken = (text: string, askedAt: number): ElevatedToken => {
  const { iat, elevated_until: until } = claimsOf(text);
  const { sessionId, tenantId } = ownerOf(text);
  if (sessionId === null || typeof iat !== "number" || typeof until !== "number")
    throw new TypeError("Pass accessToken as returned by reauthenticate.");
  return { text, sessionId, tenantId, until: askedAt + (until - iat) * 1_000 };
};

/** The claims `sid` and `tid`. They grant no access here; they only distinguish logins, and the tenants of one login. */
export const ownerOf = (token: string): { readonly sessionId: string | null; readonly tenantId: string | null } => {
  const { sid, tid } = claimsOf(token);
  return { sessionId: typeof sid === "string" ? sid : null, tenantId: typeof tid === "string" ? tid : null };
};

const claimsOf = (token: string): Readonly<Record<string, unknown>> => {
  try {
    const [, payload = ""] = token.split(".");
    // Read as Latin-1: the ids are ASCII, and text in other alphabets remains valid JSON.
    return JSON.parse(Array.from(decodeBase64url(payload), (byte) => String.fromCharCode(byte)).join("")) ?? {};
  } catch {
    return {};
  }
};

/** How long before it expires a token is exchanged. Covers the time that a slow request takes to arrive. */
const REFRESH_MARGIN_MS = 30_000;

/** Whether the token should be replaced: shortly before it expires, or in the last tenth of a short lifetime. */
export const isDue = ({ issuedAt, lifetime }: AccessToken, now: number): boolean =>
  now >= issuedAt + lifetime - Math.min(REFRESH_MARGIN_MS, lifetime / 10);

/** Whether the token has expired, according to this tab's clock. */
export const isOver = ({ issuedAt, lifetime }: AccessToken, now: number): boolean => now >= issuedAt + lifetime;
