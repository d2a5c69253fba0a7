import { type ElevatedToken, isOver, type LoginSuccess, readElevatedToken } from "./access-token.ts";
import type { SignOutReason, Transport } from "./api.ts";
import { type Globals, globals } from "./globals.ts";
import { type AuthOptions, SharedTokens } from "./shared-tokens.ts";
import type { AuthState } from "./standing.ts";

/** With what an operation is sent. */
export interface Grant {
  /** Null: as nobody. */
  readonly token: string | null;
  readonly sessionId: string | null;
  /** `authorization`, or nothing. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it is for an operation that was refused before. */
  readonly again: boolean;
}

/** A token this young that is refused is refused for good: another one would fare no better. Milliseconds. */
const YOUNG = 10_000;

/** Keeps one login of one person, in all tabs of an app: see `createAuth`. */
export class Auth {
  readonly transport: Transport;
  readonly #tokens: SharedTokens;
  #signingIn = false;
  #pausedUntil = 0;
  #elevated: ElevatedToken | null = null;

  constructor(options: AuthOptions, surroundings: Globals) {
    this.transport = options.transport;
    this.#tokens = new SharedTokens(options, surroundings);
  }

  /** Who is signed in, as far as is known. */
  readonly getState = (): AuthState => this.#tokens.standing.state;

  /** Calls `listener` when somebody signs in or out, here or in another tab. Answers how to stop it. */
  readonly onChange = (listener: (state: AuthState) => void): (() => void) => this.#tokens.standing.watch(listener);

  /** Finds out who is signed in, where that is not known yet. Throws `AuthFailure`. */
  async ready(): Promise<AuthState> {
    await this.authorize();
    return this.getState();
  }

  /** What to send an operation with: a token that is good for a while yet. Throws `AuthFailure` where none can be had now. */
  async authorize(): Promise<Grant> {
    const { token } = this.#tokens.standing;
    if (this.#tokens.isWanting() && !this.#signingIn)
      await this.#tokens.renew().catch((failure: unknown) => {
        // The old one may still do.
        if (!token || isOver(token, this.#tokens.now())) throw failure;
      });
    return this.#grant(false);
  }

  /**
   * What to repeat an operation with that was refused as UNAUTHENTICATED; null where it is not to be repeated: nobody is signed in
   * any more, or somebody else is, or a new token was refused like the old one. Throws `AuthFailure` where nobody can know now.
   */
  async renew(refused: Grant): Promise<Grant | null> {
    const { token } = this.#tokens.standing;
    const now = this.#tokens.now();
    if (refused.token === null || this.#signingIn || now < this.#pausedUntil) return null;
    if (refused.token === this.#elevated?.text) this.#elevated = null;
    if (token?.text === refused.token) {
      if (refused.again && now - token.issuedAt < YOUNG) {
        // Whatever the reason is, asking for tokens once for every operation would not help.
        this.#pausedUntil = now + YOUNG;
        return null;
      }
      await this.#tokens.renew();
    }
    const grant = this.#grant(true);
    // What one user began is not done in the name of another.
    return grant.sessionId === refused.sessionId && grant.token !== refused.token ? grant : null;
  }

  /**
   * Logs in: `send` asks the API, by whatever means, and answers a `LoginResult`. Meanwhile nobody refreshes, so the cookie of an
   * older session cannot overwrite that of the new one. Answers what `send` answered.
   */
  login<Result extends object>(send: () => Promise<Result>): Promise<Result> {
    return this.#tokens.inTurn(async () => {
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
   * Steps up, after REAUTHENTICATION_REQUIRED: `send` calls `reauthenticate`, by whatever means, and answers its payload, with
   * `accessToken`. For ten minutes this tab sends the elevated token, to this API only; other tabs and refreshes keep theirs.
   * Answers what `send` answered; then repeat what was refused.
   */
  async stepUp<Payload extends { readonly accessToken: string }>(send: () => Promise<Payload>): Promise<Payload> {
    const askedAt = this.#tokens.now();
    const payload = await send();
    this.#elevated = readElevatedToken(payload.accessToken, askedAt);
    return payload;
  }

  /** Takes over a login that was made by other means. */
  async accept(login: LoginSuccess): Promise<void> {
    const askedAt = this.#tokens.now();
    await this.#tokens.inTurn(() => this.#tokens.adopt(login, askedAt));
  }

  /**
   * Signs out in all tabs immediately, also offline, and ends the session, or with `everywhere` all sessions of the user. If the
   * API cannot be asked now, it is asked later: when the browser is online again, before the next login, or when the app is opened
   * again.
   */
  async logout({ everywhere = false }: { readonly everywhere?: boolean } = {}): Promise<void> {
    await this.#tokens.logOut(everywhere ? "ALL" : "ONE");
  }

  /** Shows in all tabs that a session is over, as the API has said so; without an id the present one, as after `deleteAccount`. */
  async end(
    sessionId: string | null = this.getState().sessionId,
    { reason = "ENDED" }: { readonly reason?: SignOutReason } = {},
  ): Promise<void> {
    if (sessionId !== null) await this.#tokens.end(sessionId, reason);
  }

  /** Lets go of the other tabs. The session lives on. */
  close(): void {
    this.#tokens.close();
  }

  #grant(again: boolean): Grant {
    const { token } = this.#tokens.standing;
    const text = token && (this.#elevatedOf(token.sessionId) ?? token.text);
    const headers: Record<string, string> = text ? { authorization: `Bearer ${text}` } : {};
    return { token: text, sessionId: token?.sessionId ?? null, headers, again };
  }

  /** The elevated token of this session, while it is one. */
  #elevatedOf(sessionId: string): string | null {
    const { sessionId: owner, until = 0, text } = this.#elevated ?? {};
    if (owner === sessionId && this.#tokens.now() < until) return text ?? null;
    this.#elevated = null;
    return null;
  }
}

const isSuccess = (result: object): result is LoginSuccess => "tokens" in result && Boolean(result.tokens);

/**
 * Keeps a login: the access token in memory, one refresh for all requests and tabs that need one, and in all tabs the news when it
 * is over. Hand it to `createAuthLink` (Apollo Client), `authExchange` (urql) and `socketOptions` (graphql-ws), or use `authorize`
 * and `renew` with a client of your own. One for each page.
 */
export const createAuth = (options: AuthOptions): Auth => new Auth(options, globals());
