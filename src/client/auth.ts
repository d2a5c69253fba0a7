import { type AccessToken, isDue, isOver, readAccessToken, type Tokens } from "./access-token.ts";
import { Api, type SignOutReason, type Transport } from "./api.ts";
import { AuthFailure } from "./failure.ts";
import { type Fetch, type Globals, globals } from "./globals.ts";
import { createMemory, isShared, RefreshTokenStore, type TokenStorage } from "./refresh-token-store.ts";
import { type AuthState, Standing } from "./standing.ts";
import { type Message, openTabs, type Tabs } from "./tabs.ts";

export interface AuthOptions {
  /** The GraphQL endpoint of Portcullis. */
  readonly url: string;
  /** As given at login. COOKIE: scripts never see the refresh token. BODY: it lies in `storage`. */
  readonly transport: Transport;
  /** For BODY: `localStorage`, or whatever all tabs share. Without it, or with `sessionStorage`, each tab has a login of its own. */
  readonly storage?: TokenStorage | undefined;
  /** In place of the global one. */
  readonly fetch?: Fetch | undefined;
}

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

/** A login that has succeeded: `LoginSuccess`, with `tokens { accessToken refreshToken expiresIn }`. */
export interface LoginSuccess {
  readonly tokens: Tokens;
}

/** A token this young that is refused is refused for good: another one would fare no better. Milliseconds. */
const YOUNG = 10_000;

/** How long a tab waits for tokens that another one has, and how long before it asks again, in milliseconds. */
const PATIENCE = 2_000;
const ASK_AGAIN = 250;

/** Keeps one login of one person, in all tabs of an app: see `createAuth`. */
export class Auth {
  readonly transport: Transport;
  readonly #standing = new Standing();
  readonly #tabs: Tabs;
  readonly #api: Api;
  readonly #store: RefreshTokenStore | null;
  readonly #surroundings: Globals;
  #renewing: Promise<void> | null = null;
  #renewingSince = 0;
  #refreshing = false;
  #signingIn = false;
  /** The last version of tokens that this tab got for all. */
  #made = 0;
  #pausedUntil = 0;

  constructor({ url, transport, storage, fetch }: AuthOptions, surroundings: Globals) {
    this.transport = transport;
    this.#surroundings = surroundings;
    const name = `portcullis ${transport} ${url}`;
    const alone = !isPage(surroundings) || (transport === "BODY" && !isShared(storage));
    this.#tabs = openTabs(name, alone ? {} : surroundings, (message) => this.#hear(message));
    this.#store = transport === "BODY" ? new RefreshTokenStore(storage ?? createMemory(), name) : null;
    this.#api = new Api({
      url,
      transport,
      fetch: fetch ?? ((address, init) => surroundings.fetch(address, init)),
      now: this.#now,
      wait: this.#wait,
    });
    surroundings.addEventListener?.("pagehide", this.#leave);
    surroundings.addEventListener?.("pageshow", this.#return);
  }

  /** Who is signed in, as far as is known. */
  readonly getState = (): AuthState => this.#standing.state;

  /** Calls `listener` when somebody signs in or out, here or in another tab. Answers how to stop it. */
  readonly onChange = (listener: (state: AuthState) => void): (() => void) => this.#standing.watch(listener);

  /** Finds out who is signed in, where that is not known yet. Throws `AuthFailure`. */
  async ready(): Promise<AuthState> {
    await this.authorize();
    return this.getState();
  }

  /** What to send an operation with: a token that is good for a while yet. Throws `AuthFailure` where none can be had now. */
  async authorize(): Promise<Grant> {
    const { token } = this.#standing;
    if (this.#isWanting() && !this.#signingIn)
      await this.#renew().catch((failure: unknown) => {
        // The old one may still do.
        if (!token || isOver(token, this.#now())) throw failure;
      });
    return this.#grant(false);
  }

  /**
   * What to repeat an operation with that was refused as UNAUTHENTICATED; null where it is not to be repeated: nobody is signed in
   * any more, or somebody else is, or a new token was refused like the old one. Throws `AuthFailure` where nobody can know now.
   */
  async renew(refused: Grant): Promise<Grant | null> {
    const { token } = this.#standing;
    const now = this.#now();
    if (refused.token === null || this.#signingIn || now < this.#pausedUntil) return null;
    if (token?.text === refused.token) {
      if (refused.again && now - token.issuedAt < YOUNG) {
        // Whatever the reason is, asking for tokens once for every operation would not help.
        this.#pausedUntil = now + YOUNG;
        return null;
      }
      await this.#renew();
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
    return this.#tabs.inTurn(async () => {
      this.#signingIn = true;
      try {
        const askedAt = this.#now();
        const result = await send();
        if (isSuccess(result)) await this.#take(result.tokens, askedAt);
        return result;
      } finally {
        this.#signingIn = false;
      }
    });
  }

  /** Takes over a login that was made by other means. */
  async accept({ tokens }: LoginSuccess): Promise<void> {
    const askedAt = this.#now();
    await this.#tabs.inTurn(() => this.#take(tokens, askedAt));
  }

  /**
   * Ends the session, or with `everywhere` all sessions of the user, and shows it in all tabs. Throws `AuthFailure` where the API
   * cannot be asked: then the session lives, and the user is still signed in.
   */
  async logout({ everywhere = false }: { readonly everywhere?: boolean } = {}): Promise<void> {
    await this.#tabs.inTurn(async () => {
      await this.#catchUp();
      if (this.#isWanting()) await this.#refresh();
      for (const last of [false, true]) {
        const { token } = this.#standing;
        if (!token) return;
        const outcome = await this.#api.endSessions(token.text, everywhere ? "ALL" : "ONE");
        if (outcome === "ENDED") return this.#end(token.sessionId, "LOGGED_OUT");
        if (last) throw new AuthFailure(outcome, "The API does not accept its own token.");
        await this.#refresh();
      }
    });
  }

  /** Shows in all tabs that a session is over, as the API has said so; without an id the present one, as after `deleteAccount`. */
  async end(sessionId: string | null = this.getState().sessionId): Promise<void> {
    if (sessionId !== null) await this.#end(sessionId, "ENDED");
  }

  /** Lets go of the other tabs. The session lives on. */
  close(): void {
    this.#surroundings.removeEventListener?.("pagehide", this.#leave);
    this.#surroundings.removeEventListener?.("pageshow", this.#return);
    this.#tabs.close();
  }

  readonly #now = (): number => this.#surroundings.performance.now();

  /** The same for all tabs, or nearly so. */
  readonly #time = (): number => Math.floor(this.#surroundings.performance.timeOrigin + this.#now());

  readonly #wait = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => void this.#surroundings.setTimeout(resolve, milliseconds));

  #grant(again: boolean): Grant {
    const { token } = this.#standing;
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token.text}` } : {};
    return { token: token?.text ?? null, sessionId: token?.sessionId ?? null, headers, again };
  }

  #isWanting(): boolean {
    const { token, state } = this.#standing;
    return token ? isDue(token, this.#now()) : state.status === "UNKNOWN";
  }

  /** New tokens for all who want them in this tab: those that another tab gets meanwhile, else its own when its turn comes. */
  #renew(): Promise<void> {
    if (this.#renewing) return this.#renewing;
    this.#renewingSince = this.#time();
    const { version, state } = this.#standing;
    const isWanted = () =>
      this.#renewing === renewing && this.#standing.version === version && this.#standing.state === state;
    const byAnother = this.#standing.news().then((failure) => {
      if (failure) throw failure;
    });
    const byMyself = this.#tabs.inTurn(async () => {
      await this.#catchUp();
      // When the turn comes at last, all may be over: with new tokens, or without.
      if (isWanted()) await this.#refresh();
    });
    const renewing = Promise.race([byAnother, byMyself]).finally(() => {
      this.#renewing = null;
    });
    this.#renewing = renewing;
    return renewing;
  }

  /** What others did before it was this tab's turn: their message may still be on its way. */
  async #catchUp(): Promise<void> {
    const began = this.#now();
    for (let anyone = false; this.#now() - began < PATIENCE; anyone = true) {
      const { version } = this.#standing;
      if ((await this.#tabs.newest()) <= version) return;
      const news = this.#standing.news();
      this.#tabs.tell({ kind: "ASK", version, anyone });
      await Promise.race([news, this.#wait(ASK_AGAIN)]);
    }
  }

  /** Asks the API for new tokens. Only in turn. */
  async #refresh(): Promise<void> {
    const { version, state } = this.#standing;
    this.#refreshing = true;
    try {
      const askedAt = this.#now();
      const stored = await this.#store?.find();
      const sessionId = state.sessionId ?? stored?.sessionId ?? null;
      // Another tab has forgotten it.
      if (stored === null) return await this.#over(sessionId, "ENDED");
      const answer = await this.#api.refresh(stored?.refreshToken ?? null);
      // Somebody logged in or out meanwhile: what comes now is of the time before.
      if (this.#standing.version !== version || this.#standing.state !== state) return;
      if (answer.outcome === "RENEWED") return await this.#take(answer.tokens, askedAt);
      // Where tabs cannot wait for one another, one may have been quicker.
      if ((await this.#store?.find())?.refreshToken !== stored?.refreshToken) return await this.#refresh();
      await this.#over(sessionId, answer.reason);
    } catch (failure) {
      if (failure instanceof AuthFailure) {
        const { code, message, retryAfter } = failure;
        this.#tabs.tell({ kind: "FAILED", at: this.#time(), code, message, retryAfter });
      }
      throw failure;
    } finally {
      this.#refreshing = false;
    }
  }

  /** Makes these the tokens of all tabs. */
  async #take(tokens: Tokens, askedAt: number): Promise<void> {
    const token = readAccessToken(tokens, askedAt);
    if (this.#standing.isOver(token.sessionId)) {
      // Its cookie came back after a login had replaced it.
      await this.#api.endSessions(token.text, "ONE");
      return this.#over(this.getState().sessionId, "ENDED");
    }
    const { sessionId } = token;
    if (tokens.refreshToken) await this.#store?.keep({ sessionId, refreshToken: tokens.refreshToken });
    // By this computer's clock, so that a tab that has seen nothing yet comes after all that others did before.
    const version = Math.max(this.#time(), this.#standing.version + 1, (await this.#tabs.newest()) + 1);
    this.#made = version;
    if (!this.#standing.signIn(token, version)) return this.#store?.forget(sessionId);
    this.#tabs.tell(this.#describe(token, version));
    await this.#tabs.hold(version);
  }

  /** Nobody is signed in, as the API says; `sessionId` is who was, as far as this tab knows. */
  async #over(sessionId: string | null, reason: SignOutReason): Promise<void> {
    if (sessionId !== null) await this.#end(sessionId, reason);
    this.#standing.signOut(sessionId === null && reason === "ENDED" ? null : reason);
  }

  async #end(sessionId: string, reason: SignOutReason): Promise<void> {
    this.#standing.end(sessionId, reason);
    this.#tabs.tell({ kind: "ENDED", sessionId, reason });
    if (!this.#standing.token) void this.#tabs.hold(null);
    await this.#store?.forget(sessionId);
  }

  #describe(token: AccessToken, version: number): Message {
    const { sessionId, text, issuedAt, lifetime } = token;
    return { kind: "TOKENS", version, sessionId, text, age: this.#now() - issuedAt, lifetime };
  }

  #hear(message: Message): void {
    const { token, version } = this.#standing;
    switch (message.kind) {
      case "TOKENS": {
        const { sessionId, text, age, lifetime } = message;
        const issuedAt = this.#now() - age;
        if (this.#standing.signIn({ sessionId, text, issuedAt, lifetime }, message.version))
          void this.#tabs.hold(message.version);
        return;
      }
      case "ENDED":
        this.#standing.end(message.sessionId, message.reason);
        if (!this.#standing.token) void this.#tabs.hold(null);
        return;
      case "ASK":
        if (token && version > message.version && (message.anyone || this.#made === version))
          this.#tabs.tell(this.#describe(token, version));
        return;
      case "FAILED":
        // Not where it is of the time before, nor where this tab is asking itself.
        if (!this.#refreshing && message.at >= this.#renewingSince)
          this.#standing.tell(new AuthFailure(message.code, message.message, message.retryAfter));
    }
  }

  /** A page that holds a lock cannot be kept for the back button. */
  readonly #leave = (): void => void this.#tabs.hold(null);

  /** It comes back, and has heard nothing since. */
  readonly #return = (): void => {
    void this.#catchUp().then(() => {
      const { token, version } = this.#standing;
      if (token) return this.#tabs.hold(version);
    });
  };
}

const isSuccess = (result: object): result is LoginSuccess => "tokens" in result && Boolean(result.tokens);

const isPage = ({ document, WorkerGlobalScope }: Globals): boolean =>
  document !== undefined || WorkerGlobalScope !== undefined;

/**
 * Keeps a login: the access token in memory, one refresh for all requests and tabs that need one, and in all tabs the news when it
 * is over. Hand it to `createAuthLink` (Apollo Client), `authExchange` (urql) and `socketOptions` (graphql-ws), or use `authorize`
 * and `renew` with a client of your own. One for each page.
 */
export const createAuth = (options: AuthOptions): Auth => new Auth(options, globals());
