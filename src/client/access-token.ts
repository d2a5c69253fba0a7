import { decodeBase64url } from "./base64url.ts";

/** The part of a login's or a refresh's answer that the helpers need. Ask for these fields. */
export interface Tokens {
  readonly accessToken: string;
  /** Null or absent where it lies in a cookie. */
  readonly refreshToken?: string | null;
  /** Seconds. */
  readonly expiresIn: number;
}

/** A login that has succeeded: ask for `deviceToken` and `tokens { accessToken refreshToken expiresIn }`. */
export interface LoginSuccess {
  readonly tokens: Tokens;
  /** Null or absent if a cookie holds it. With it, a refresh whose answer was lost can be repeated for a day. */
  readonly deviceToken?: string | null;
}

/** An access token in the memory of one tab. */
export interface AccessToken {
  readonly text: string;
  /** Whose it is: one login is one session. */
  readonly sessionId: string;
  /** The tenant that it is for; null if it does not say. */
  readonly tenantId: string | null;
  /** When it was issued and for how long it is good, in milliseconds of this tab's clock, not of the server's. */
  readonly issuedAt: number;
  readonly lifetime: number;
}

/**
 * Takes a token apart. Its times are not read: the clocks of client and server differ, so it is as old as the request that
 * brought it (`askedAt`). Throws where it is no token of this API.
 */
export const readAccessToken = ({ accessToken, expiresIn }: Tokens, askedAt: number): AccessToken => {
  const { sessionId, tenantId } = ownerOf(accessToken);
  if (sessionId === null || !(expiresIn > 0))
    throw new TypeError("Hand over accessToken and expiresIn, as the login answered them.");
  return { text: accessToken, sessionId, tenantId, issuedAt: askedAt, lifetime: expiresIn * 1_000 };
};

/** The token of a step-up, in the memory of the tab that asked for it. */
export interface ElevatedToken extends Pick<AccessToken, "text" | "sessionId" | "tenantId"> {
  /** Until when it opens fields marked @reauth, in milliseconds of this tab's clock. */
  readonly until: number;
}

/** Takes the token apart that `reauthenticate` returned. Throws where it is no elevated token of this API. */
export const readElevatedToken = (text: string, askedAt: number): ElevatedToken => {
  const { iat, elevated_until: until } = claimsOf(text);
  const { sessionId, tenantId } = ownerOf(text);
  if (sessionId === null || typeof iat !== "number" || typeof until !== "number")
    throw new TypeError("Hand over accessToken, as reauthenticate answered it.");
  return { text, sessionId, tenantId, until: askedAt + (until - iat) * 1_000 };
};

/** The claims `sid` and `tid`. They give no access: they distinguish logins, and the tenants of one login. */
export const ownerOf = (token: string): { readonly sessionId: string | null; readonly tenantId: string | null } => {
  const { sid, tid } = claimsOf(token);
  return { sessionId: typeof sid === "string" ? sid : null, tenantId: typeof tid === "string" ? tid : null };
};

const claimsOf = (token: string): Readonly<Record<string, unknown>> => {
  try {
    const [, payload = ""] = token.split(".");
    // Read as Latin-1: the id is ASCII, and texts of other alphabets stay valid JSON.
    return JSON.parse(Array.from(decodeBase64url(payload), (byte) => String.fromCharCode(byte)).join("")) ?? {};
  } catch {
    return {};
  }
};

/** How long before its end a token is exchanged, in milliseconds: what a slow request takes to arrive. */
const MARGIN = 30_000;

/** Whether it is time for another one: shortly before the end, or in the last tenth of a short life. */
export const isDue = ({ issuedAt, lifetime }: AccessToken, now: number): boolean =>
  now >= issuedAt + lifetime - Math.min(MARGIN, lifetime / 10);

/** Whether it is past its end, as far as this tab can tell. */
export const isOver = ({ issuedAt, lifetime }: AccessToken, now: number): boolean => now >= issuedAt + lifetime;
