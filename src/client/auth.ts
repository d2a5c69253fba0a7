import { type AccessToken, type ElevatedToken, isOver, type LoginSuccess, readElevatedToken } from "./access-token.ts";
import type { SignOutReason } from "./api.ts";
import type { AuthOptions } from "./auth-options.ts";
import type { AuthState } from "./auth-store.ts";
import type { AuthFailure } from "./failure.ts";
import { type Globals, globals } from "./globals.ts";
import type { Endpoint, Transport } from "./graphql-request.ts";
import { SharedTokens } from "./shared-tokens.ts";

/** The credentials to send an operation with. */
export interface Grant {
  /** Null: unauthenticated. */
  readonly token: string | null;
  readonly sessionId: string | null;
  /** The tenant that it is for. */
  readonly tenantId: string | null;
  /** `authorization`, or nothing. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it is for repeating a refused operation. */
  readonly again: boolean;
}

/** If a token this young is refused, another one would be refused too. */
const FRESH_TOKEN_MS = 10_000;

/** Keeps one user's login in all tabs of an app, and a tenant for each tab: see `createAuth`. */
export class Auth {
  readonly transport: Transport;
  /** Where the API is, for operations that are sent without a GraphQL client. */
  readonly endpoint: Endpoint;
  readonly #tokens: SharedTokens;
  #signingIn = false;
  #pausedUntil = 0;
  #elevated: ElevatedToken | null = null;

  constructor(options: AuthOptions, env: Globals) {
    const { url, transport, fetch = (address, init) => env.fetch(address, init) } = options;
    this.transport = transport;
    this.endpoint = { url, transport, fetch };
    this.#tokens = new SharedTokens({ ...options, fetch }, env);
  }

  /** Whether a user is signed in, and in which tenant this tab works, as far as known. */
  readonly getState = (): AuthState => this.#tokens.authStore.state;

  /**
   * Calls `listener` when a user signs in or out, in this or another tab, and when this tab's tenant changes or is lost.
   *
   * @returns a function that unsubscribes
   */
  readonly onChange = (listener: (state: AuthState) => void): (() => void) => this.#tokens.authStore.watch(listener);

  /**
   * Determines who is signed in, if that is not known yet, and whether they can work in this tab's tenant.
   *
   * @throws {AuthFailure} if the API is unavailable or asks to wait
   */
  async ready(): Promise<AuthState> {
    await this.authorize().catch((failure: AuthFailure) => {
      if (!failure.tenantError) throw failure;
    });
    return this.getState();
  }

  /**
   * The credentials to send an operation with: a token for this tab's tenant that stays valid for a while.
   *
   * @throws {AuthFailure} if no token is available now; with `tenantError` if the user cannot work in the tenant
   */
  async authorize(): Promise<Grant> {
    await this.#prepareLogin();
    if (!this.#signingIn) await this.#tokens.tenant.ensure();
    return this.#grant(false);
  }

  async #prepareLogin(): Promise<void> {
    const { token } = this.#tokens.authStore;
    if (this.#tokens.needsRefresh() && !this.#signingIn)
      await this.#tokens.renew().catch((failure: unknown) => {
        // The current token may still be valid.
        if (!token || isOver(token, this.#tokens.now())) throw failure;
      });
  }

  /**
   * The grant for repeating an operation that was refused as UNAUTHENTICATED. Null if it must not be repeated: the user is signed
   * out, another user is signed in, or a new token was refused, too.
   * @throws {AuthFailure} if the API cannot be reached; with `tenantError` if the user can no longer work in this tab's tenant
   */
  async renew(refused: Grant): Promise<Grant | null> {
    const { needsOwn, sent } = this.#tokens.authStore;
    const now = this.#tokens.now();
    if (refused.token === null || this.#signingIn || now < this.#pausedUntil) return null;
    if (refused.token === this.#elevated?.text) this.#elevated = null;
    if (sent?.text === refused.token) {
      if (refused.again && now - sent.issuedAt < FRESH_TOKEN_MS) {
        // Whatever the reason is, requesting new tokens for every operation would not help.
        this.#pausedUntil = now + FRESH_TOKEN_MS;
        return null;
      }
      // The login's shared tokens may still be valid.
      if (needsOwn) this.#tokens.authStore.dropOwn();
      else await this.#tokens.renew();
    }
    await this.#tokens.tenant.ensure();
    const grant = this.#grant(true);
    // Never repeat an operation as another user, or in another tenant.
    const isSame = grant.sessionId === refused.sessionId && grant.tenantId === refused.tenantId;
    return isSame && grant.token !== null && grant.token !== refused.token ? grant : null;
  }

  /**
   * Switches this tab to another tenant; null: the user's home tenant. Other tabs keep theirs. Resolves once there is a token for
   * the tenant. Subscriptions of the previous tenant end. If switching fails, the tab keeps its tenant.
   *
   * @throws {AuthFailure} if the API is unavailable; with `tenantError` if the user cannot work in the tenant
   */
  async switchTenant(tenantId: string | null): Promise<AuthState> {
    await this.#prepareLogin();
    await this.#tokens.tenant.switchTo(tenantId);
    return this.getState();
  }

  /**
   * Logs in. `send` calls the API by any means and returns a `LoginResult`. No tab refreshes while it runs, so the cookie of an
   * older session cannot overwrite the new one.
   *
   * @returns the result of `send`
   */
  login<Result extends object>(send: () => Promise<Result>): Promise<Result> {
    return this.#tokens.withLock(async () => {
      this.#signingIn = true;
      try {
        await this.#tokens.flushLogouts();
        const askedAt = this.#tokens.now();
        const result = await send();
        if (isSuccess(result)) await this.#tokens.adopt(result, askedAt);
        return result;
      } finally {
        this.#signingIn = false;
      }
    });
  }

  /**
   * Steps up after REAUTHENTICATION_REQUIRED. `send` calls `reauthenticate` by any means and returns its payload, with
   * `accessToken`. For ten minutes this tab sends the elevated token, and only to this API; other tabs and refreshes keep theirs.
   * Afterwards, repeat the refused operation.
   *
   * @returns the result of `send`
   */
  async stepUp<Payload extends { readonly accessToken: string }>(send: () => Promise<Payload>): Promise<Payload> {
    const askedAt = this.#tokens.now();
    const payload = await send();
    this.#elevated = readElevatedToken(payload.accessToken, askedAt);
    return payload;
  }

  /** Adopts a login that was made by other means. */
  async accept(login: LoginSuccess): Promise<void> {
    const askedAt = this.#tokens.now();
    await this.#tokens.withLock(() => this.#tokens.adopt(login, askedAt));
  }

  /**
   * Signs out in all tabs immediately, also offline, and ends the session, or with `everywhere` all sessions of the user. If the
   * API cannot be reached, the request is repeated later: when the browser is online again, before the next login, or when the
   * app is opened again.
   */
  async logout({ everywhere = false }: { readonly everywhere?: boolean } = {}): Promise<void> {
    await this.#tokens.logOut(everywhere ? "ALL" : "ONE");
  }

  /**
   * Signs out in all tabs after the API has reported that a session ended. Without an id: the current session, as after
   * `deleteAccount`.
   */
  async end(
    sessionId: string | null = this.getState().sessionId,
    { reason = "ENDED" }: { readonly reason?: SignOutReason } = {},
  ): Promise<void> {
    if (sessionId !== null) await this.#tokens.end(sessionId, reason);
  }

  /**
   * Call this after the API has reported that the membership in the tenant of `grant` ended. Tabs of that tenant show it; the
   * login and other tabs are not affected. A tab that has not chosen a tenant continues in the user's next home tenant.
   */
  async endMembership({ sessionId, tenantId, token }: Pick<Grant, "sessionId" | "tenantId" | "token">): Promise<void> {
    const { authStore } = this.#tokens;
    if (sessionId === null || tenantId === null) return;
    this.#tokens.loseTenant(sessionId, tenantId);
    if (authStore.chosen === null && authStore.token?.text === token) await this.#tokens.renew();
  }

  /** Disconnects from the other tabs. The session continues. */
  close(): void {
    this.#tokens.close();
  }

  #grant(again: boolean): Grant {
    const { sent, state } = this.#tokens.authStore;
    const text = sent && (this.#elevatedOf(sent) ?? sent.text);
    const headers: Record<string, string> = text ? { authorization: `Bearer ${text}` } : {};
    return { token: text, sessionId: sent?.sessionId ?? null, tenantId: state.tenantId, headers, again };
  }

  /** The elevated token of this session and tenant, until it expires. */
  #elevatedOf({ sessionId, tenantId }: AccessToken): string | null {
    const elevated = this.#elevated;
    const isOf = elevated?.sessionId === sessionId && elevated.tenantId === tenantId;
    if (isOf && this.#tokens.now() < elevated.until) return elevated.text;
    this.#elevated = null;
    return null;
  }
}

const isSuccess = (result: object): result is LoginSuccess => "tokens" in result && Boolean(result.tokens);

/**
 * Keeps a login: the access token in memory, one refresh for all requests and tabs that need one, a tenant for each tab, and a
 * notification in all tabs when the session ends. Pass it to `createAuthLink` (Apollo Client), `authExchange` (urql) and
 * `socketOptions` (graphql-ws), or call `authorize` and `renew` from another client. Create one for each page.
 */
export const createAuth = (options: AuthOptions): Auth => new Auth(options, globals());
