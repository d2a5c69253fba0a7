import { encodeBase64url } from "../base64url.ts";

/** The API's cookies on the app's host: their names are the API's, so that a proxy in front of both may be used, too. */
export const REFRESH_COOKIE = "__Host-portcullis_refresh";
const API_COOKIES = /^__Host-portcullis_(?:refresh|device|social|registration)$/;
/** The app's own cookie, and its second part if a token with many roles does not fit into one. */
const ACCESS_COOKIES = ["__Host-portcullis_access", "__Host-portcullis_access_2"] as const;
/** Browsers store at most 4096 bytes of name and value. An access token has at most that many characters. */
const MAX_PART = 3_800;

/** A cookie to store in the user's browser. Frameworks with a cookie store accept it as it is: `store.set(cookie)`. */
export interface SessionCookie {
  readonly name: string;
  readonly value: string;
  readonly path: "/";
  readonly secure: true;
  readonly httpOnly: true;
  readonly sameSite: "lax";
  /** Seconds; 0 deletes it. */
  readonly maxAge: number;
}

/**
 * Lax and not Strict: a page that is opened by a link in a mail is rendered for the user. Requests of other sites that change
 * something do not carry the cookie either way.
 */
const cookieOf = (name: string, value: string, maxAge: number): SessionCookie => ({
  name,
  value,
  path: "/",
  secure: true,
  httpOnly: true,
  sameSite: "lax",
  maxAge,
});

/** The value of a `Set-Cookie` header (RFC 6265bis, section 4.1). */
export const serializeCookie = ({ name, value, maxAge }: SessionCookie): string =>
  `${name}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; Secure; SameSite=Lax`;

/** The cookies of a request. */
export class RequestCookies {
  readonly #values: ReadonlyMap<string, string>;

  constructor(header: string | null) {
    const pairs = (header ?? "").split(";").map((pair) => pair.trim().split("="));
    this.#values = new Map(pairs.map(([name = "", ...value]) => [name, value.join("=")]));
  }

  get refreshToken(): string | null {
    return this.#values.get(REFRESH_COOKIE) || null;
  }

  /** The stored access token, if it came with the current refresh token; the API may have replaced or deleted that one. */
  async accessToken(): Promise<string | null> {
    const stored = ACCESS_COOKIES.map((name) => this.#values.get(name) ?? "").join("");
    const at = stored.indexOf(".");
    if (this.refreshToken === null || at < 0) return null;
    return stored.slice(0, at) === (await tagOf(this.refreshToken)) ? stored.slice(at + 1) : null;
  }

  /** The `cookie` header for a request to the API. */
  forApi(): string {
    return [...this.#values]
      .filter(([name]) => API_COOKIES.test(name))
      .map(([name, value]) => `${name}=${value}`)
      .join("; ");
  }

  /** Deletes the session of the browser. Its device stays known. */
  forgetSession(): SessionCookie[] {
    return [REFRESH_COOKIE, ...ACCESS_COOKIES].flatMap((name) =>
      this.#values.has(name) ? [cookieOf(name, "", 0)] : [],
    );
  }
}

/** An access token in a response of the API. */
export interface IssuedToken {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
}

/**
 * Cookies of the app for those that the API has set. The access token is stored with the refresh token that came with it, and
 * deleted if the response replaces that one without an access token.
 *
 * @param now milliseconds since 1970
 */
export const toAppCookies = async (
  setCookies: readonly string[],
  token: IssuedToken | null,
  now: number,
): Promise<SessionCookie[]> => {
  const cookies = setCookies.flatMap((header) => readSetCookie(header, now) ?? []);
  const refresh = cookies.find(({ name }) => name === REFRESH_COOKIE);
  if (!refresh) return cookies;
  const stored = token && refresh.maxAge > 0 ? `${await tagOf(refresh.value)}.${token.accessToken}` : "";
  const access = ACCESS_COOKIES.map((name, n) => {
    const part = stored.slice(n * MAX_PART, (n + 1) * MAX_PART);
    return cookieOf(name, part, part === "" ? 0 : (token?.expiresIn ?? 0));
  });
  return [...cookies, ...access];
};

/** Null for a cookie that is not the API's. */
const readSetCookie = (header: string, now: number): SessionCookie | null => {
  const [pair = "", ...attributes] = header.split(";").map((part) => part.trim());
  const at = pair.indexOf("=");
  const name = pair.slice(0, at);
  if (!API_COOKIES.test(name)) return null;
  const attribute = (wanted: string): string | undefined =>
    attributes.find((one) => one.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
  const expires = attribute("expires");
  const seconds = Number(attribute("max-age") ?? (expires ? (Date.parse(expires) - now) / 1_000 : 0));
  return cookieOf(name, pair.slice(at + 1), Math.max(0, Math.floor(seconds)));
};

/** Identifies a refresh token without revealing it. */
const tagOf = async (refreshToken: string): Promise<string> => {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(refreshToken));
  return encodeBase64url(new Uint8Array(digest).subarray(0, 12));
};
