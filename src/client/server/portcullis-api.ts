import { Api, type Refreshed } from "../api.ts";
import { AuthFailure } from "../failure.ts";
import type { Caller } from "./caller.ts";
import { type IssuedToken, type SessionCookie, toAppCookies } from "./cookies.ts";

/** A response of the API, with its cookies rewritten for the app's host. */
export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly cookies: readonly SessionCookie[];
}

export interface ApiRequest {
  readonly headers: Headers;
  readonly body: string | ReadableStream | null;
  /** Null: unauthenticated. */
  readonly token: string | null;
  readonly signal?: AbortSignal | undefined;
}

export interface RefreshResult {
  readonly outcome: Refreshed["outcome"];
  /** The new cookies, or those that delete the session of the browser. */
  readonly cookies: readonly SessionCookie[];
}

interface PortcullisApiOptions {
  readonly url: string;
  readonly fetch: typeof fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const TIMEOUT_MS = 10_000;

/** Calls the API for the users of an app, with their cookies, addresses and user agents. */
export class PortcullisApi {
  readonly #options: PortcullisApiOptions;

  constructor(options: PortcullisApiOptions) {
    this.#options = options;
  }

  /** @throws {AuthFailure} if there is no response */
  async send({ cookies, address, userAgent }: Caller, request: ApiRequest): Promise<ApiResponse> {
    const { url, fetch, now } = this.#options;
    const { headers, body, token, signal = AbortSignal.timeout(TIMEOUT_MS) } = request;
    const known = { authorization: token && `Bearer ${token}`, cookie: cookies.forApi(), "x-forwarded-for": address };
    for (const [name, value] of Object.entries({ ...known, "user-agent": userAgent }))
      if (value) headers.set(name, value);
    // `duplex` is required for a stream, and unknown to the types of the DOM.
    const init: RequestInit & { readonly duplex: "half" } = { method: "POST", headers, body, signal, duplex: "half" };
    try {
      const response = await fetch(url, init);
      const text = await response.text();
      const changed = await toAppCookies(response.headers.getSetCookie(), issuedTokenIn(text), now());
      return { status: response.status, headers: response.headers, text, cookies: changed };
    } catch {
      throw new AuthFailure("NO_ANSWER", `No response from ${url}.`);
    }
  }

  /**
   * Exchanges the refresh token of the caller's cookie. A lost response is requested again, as in browsers.
   *
   * @throws {AuthFailure} if the API is unavailable or asks to wait
   */
  async refresh(caller: Caller): Promise<RefreshResult> {
    const { url, now } = this.#options;
    let renewed: readonly SessionCookie[] = [];
    const api = new Api({
      url,
      transport: "COOKIE",
      now,
      wait: (milliseconds) => new Promise((resolve) => void setTimeout(resolve, milliseconds)),
      fetch: async (_url, { headers, body, signal }) => {
        const { status, text, cookies } = await this.send(caller, {
          headers: new Headers(headers),
          body,
          token: null,
          signal,
        });
        renewed = cookies;
        return { status, json: async () => JSON.parse(text) };
      },
    });
    const { outcome } = await api.refresh(null, null);
    return { outcome, cookies: outcome === "ENDED" ? caller.cookies.forgetSession() : renewed };
  }
}

/** The tokens of a login or a refresh, in any root field. Elevated tokens are not in a field `tokens`, and not stored. */
const issuedTokenIn = (text: string): IssuedToken | null => {
  try {
    const fields: readonly unknown[] = Object.values(JSON.parse(text).data ?? {});
    for (const field of fields) {
      const { accessToken, expiresIn } = (field as { tokens?: Partial<IssuedToken> } | null)?.tokens ?? {};
      if (typeof accessToken === "string" && typeof expiresIn === "number") return { accessToken, expiresIn };
    }
  } catch {
    // An error page of a proxy.
  }
  return null;
};
