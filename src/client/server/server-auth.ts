import { AuthFailure } from "../failure.ts";
import { globals } from "../globals.ts";
import { AccessTokenVerifier, type ServerSession } from "./access-token-verifier.ts";
import { type Caller, callerOf, isFromOtherOrigin, lastForwardedAddress, type RequestHeaders } from "./caller.ts";
import type { SessionCookie } from "./cookies.ts";
import { PortcullisApi, type RefreshResult } from "./portcullis-api.ts";
import { redirectToItself, refusal, withCookies } from "./responses.ts";
import { mayWaitForOthers, SharedRefreshes } from "./shared-refreshes.ts";

export interface ServerAuthOptions {
  /** The GraphQL endpoint of Portcullis, as this server reaches it. */
  readonly url: string;
  /** The setting PUBLIC_URL of Portcullis. Default: the origin of `url`. */
  readonly issuer?: string | undefined;
  /** Default: `portcullis`. */
  readonly audience?: string | undefined;
  /** The setting JWT_ALGORITHM of Portcullis. Default: EdDSA. HS256 has no public key. */
  readonly algorithms?: readonly string[] | undefined;
  /**
   * The user's address, which Portcullis needs for its limits and for the risk of a login. Default: the last entry of
   * `X-Forwarded-For`, which a proxy before the app must set.
   */
  readonly clientAddress?: ((headers: RequestHeaders) => string | null) | undefined;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
}

export interface Operation {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
}

export interface OperationResult {
  /** As in GraphQL over HTTP: null if the operation failed as a whole. */
  readonly data: Record<string, unknown> | null;
  /** Pass the result to `errorOf` of `portcullis/client`. */
  readonly errors: readonly { readonly message: string; readonly extensions?: unknown }[];
  /** To be stored in the browser: a login, a refresh or a logout changes them. */
  readonly cookies: readonly SessionCookie[];
  /** The same as `Set-Cookie` headers, for a `Response`. */
  readonly headers: Headers;
}

/** The login of a request. */
type Login =
  | { readonly status: "SIGNED_IN"; readonly session: ServerSession }
  /** The access token is missing or has expired; a refresh returns another one, or reports that the session has ended. */
  | { readonly status: "EXPIRED" | "SIGNED_OUT" };

/** Request headers that the API receives from the page. Others concern the app's host. */
const FORWARDED_HEADERS = ["accept", "accept-language", "content-type", "traceparent", "x-request-id"];
const RETURNED_HEADERS = ["content-type", "retry-after", "x-request-id"];

/** Keeps the logins of an app's users in cookies of the app, for pages that a server renders: see `createServerAuth`. */
export class ServerAuth {
  readonly #addressOf: (headers: RequestHeaders) => string | null;
  readonly #api: PortcullisApi;
  readonly #verifier: AccessTokenVerifier;
  readonly #refreshes: SharedRefreshes<RefreshResult>;
  readonly #now: () => number;

  /** `now` returns milliseconds since 1970. */
  constructor(options: ServerAuthOptions, now: () => number) {
    const { url, issuer = new URL(url).origin, audience = "portcullis", algorithms = ["EdDSA"] } = options;
    const fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#addressOf = options.clientAddress ?? lastForwardedAddress;
    this.#api = new PortcullisApi({ url, fetch, now });
    const keySetUrl = new URL("/.well-known/jwks.json", url);
    this.#verifier = new AccessTokenVerifier({ keySetUrl, issuer, audience, algorithms, fetch, now });
    this.#refreshes = new SharedRefreshes({ now, mayWait: mayWaitForOthers() });
    this.#now = now;
  }

  /**
   * Verifies an access token offline, such as that of a request to an API of the app. The session may have ended since the token
   * was issued, at most 15 minutes ago.
   *
   * @returns null if it is not a valid token for this app
   * @throws {AuthFailure} if the keys of Portcullis cannot be read, which says nothing about the token
   */
  readonly verify = async (accessToken: string): Promise<ServerSession | null> => {
    const verified = await this.#verifier.verify(accessToken);
    return verified.outcome === "VALID" ? verified.session : null;
  };

  /**
   * The signed-in user of a request, by its `Authorization` header or its cookies. Reads and verifies only: nothing is refreshed,
   * and only the key set is requested, every five minutes.
   *
   * @returns null if no user is signed in
   * @throws {AuthFailure} if that is unknown: the access token has expired, and `handle` was not called or could not refresh it
   */
  readonly session = async (headers: RequestHeaders): Promise<ServerSession | null> => {
    const login = await this.#loginOf(this.#callerOf(headers));
    switch (login.status) {
      case "SIGNED_IN":
        return login.session;
      case "SIGNED_OUT":
        return null;
      case "EXPIRED":
        throw new AuthFailure(
          "SERVICE_UNAVAILABLE",
          "The access token has expired, and handle() has not refreshed it.",
        );
    }
  };

  /**
   * The middleware: keeps the user of a request signed in, before `next` renders the page.
   *
   * If the access token expires soon, it is refreshed and the response gets the new cookies; the page is rendered with the previous
   * token. If it has expired, the response redirects to the same address (307, which repeats the method and the body) with the new
   * cookies, and `next` is not called. So new tokens are not used before the browser has them, and the API returns them again to the
   * same device if the response is lost.
   *
   * While Portcullis is unavailable, nothing changes, and no user is signed out.
   */
  readonly handle = async (
    request: Pick<Request, "url" | "headers">,
    next: () => Response | Promise<Response>,
  ): Promise<Response> => {
    const caller = this.#callerOf(request.headers);
    const login = await this.#loginOf(caller).catch(nullIfUnavailable);
    const isExpired = login?.status === "EXPIRED";
    const isDue = login?.status === "SIGNED_IN" && caller.bearer === null && expiresSoon(login.session, this.#now());
    const refreshed = isExpired || isDue ? await this.#refresh(caller).catch(nullIfUnavailable) : null;
    if (refreshed === null) return next();
    const response = isDue && refreshed.outcome === "RENEWED" ? await next() : redirectToItself(request);
    return withCookies(response, refreshed.cookies);
  };

  /**
   * Passes a GraphQL request of a page on to Portcullis: a route of the app, such as `POST /graphql`. The login then works for pages
   * of any site, because its cookies are the app's own. If the page sends no `Authorization` header, the stored access token is sent.
   * Requests of pages of other origins are refused.
   */
  readonly forward = async (request: Request): Promise<Response> => {
    if (request.method !== "POST") return new Response(null, { status: 405, headers: { allow: "POST" } });
    if (isFromOtherOrigin(request.headers)) return refusal(403, "FORBIDDEN", "This page is of another origin.");
    const caller = this.#callerOf(request.headers);
    const headers = pick(request.headers, FORWARDED_HEADERS);
    const token = await this.#tokenOf(caller);
    const answer = await this.#api.send(caller, { headers, body: request.body, token }).catch(nullIfUnavailable);
    if (answer === null) return refusal(503, "SERVICE_UNAVAILABLE", "Portcullis is unavailable.");
    const { status, text, cookies } = answer;
    const returned = pick(answer.headers, RETURNED_HEADERS);
    returned.set("cache-control", "no-store");
    return withCookies(new Response(text, { status, headers: returned }), cookies);
  };

  /**
   * Sends one operation for the user of a request: for the data of a page, or a login by a form. If it asks for transport COOKIE,
   * its tokens are in the cookies of the result, to be stored in the browser.
   *
   * @throws {AuthFailure} if Portcullis is unavailable
   */
  readonly request = async (headers: RequestHeaders, operation: Operation): Promise<OperationResult> => {
    const caller = this.#callerOf(headers);
    const sent = new Headers({ accept: "application/graphql-response+json, application/json;q=0.9" });
    sent.set("content-type", "application/json");
    const body = JSON.stringify(operation);
    const { text, cookies } = await this.#api.send(caller, { headers: sent, body, token: await this.#tokenOf(caller) });
    return { ...readResult(text), cookies, headers: withCookies(new Response(), cookies).headers };
  };

  #callerOf(headers: RequestHeaders): Caller {
    return callerOf(headers, this.#addressOf);
  }

  async #tokenOf({ bearer, cookies }: Caller): Promise<string | null> {
    return bearer ?? cookies.accessToken();
  }

  async #loginOf(caller: Caller): Promise<Login> {
    const token = await this.#tokenOf(caller);
    const verified = token === null ? null : await this.#verifier.verify(token);
    if (verified?.outcome === "VALID") return { status: "SIGNED_IN", session: verified.session };
    const hasRefreshToken = caller.bearer === null && caller.cookies.refreshToken !== null;
    return { status: hasRefreshToken && verified?.outcome !== "NOT_FOR_SERVICES" ? "EXPIRED" : "SIGNED_OUT" };
  }

  /** Callers with different addresses or browsers do not share a refresh, so that the API notices a stolen token. */
  #refresh(caller: Caller): Promise<RefreshResult> {
    const { cookies, address, userAgent } = caller;
    const key = JSON.stringify([cookies.refreshToken, address, userAgent]);
    return this.#refreshes.run(key, () => this.#api.refresh(caller));
  }
}

const nullIfUnavailable = (failure: unknown): null => {
  if (failure instanceof AuthFailure) return null;
  throw failure;
};

/** In the last third of its lifetime: pages of active users are then never redirected. */
const expiresSoon = ({ issuedAt, expiresAt }: ServerSession, now: number): boolean =>
  expiresAt.getTime() - now < (expiresAt.getTime() - issuedAt.getTime()) / 3;

const pick = (headers: Headers, names: readonly string[]): Headers =>
  new Headers(names.flatMap((name) => (headers.has(name) ? [[name, headers.get(name) ?? ""]] : [])));

/** @throws {AuthFailure} if it is not GraphQL: an error page of a proxy, for example */
const readResult = (text: string): Pick<OperationResult, "data" | "errors"> => {
  let result: Partial<OperationResult> = {};
  try {
    result = JSON.parse(text);
  } catch {
    // Below.
  }
  const { data = null, errors = [] } = result;
  if (data === null && errors.length === 0) throw new AuthFailure("NO_ANSWER", "The response is not GraphQL.");
  return { data, errors };
};

/**
 * The login of an app that renders pages on a server: in Node, and in runtimes with `Request`, `Response` and Web Crypto. Create one
 * for each process.
 */
export const createServerAuth = (options: ServerAuthOptions): ServerAuth => {
  const { Date: calendar } = globals();
  return new ServerAuth(options, () => calendar.now());
};
