import { type AccessToken, isDue, type LoginSuccess, ownerOf, readAccessToken, type Tokens } from "./access-token.ts";
import { Api, type LogoutScope, type SignOutReason } from "./api.ts";
import type { AuthOptions } from "./auth-options.ts";
import { AuthStore } from "./auth-store.ts";
import { AuthFailure } from "./failure.ts";
import { type Fetch, type Globals, isPage, storageOf } from "./globals.ts";
import { LogoutQueue } from "./logout-queue.ts";
import { createMemory, isShared, RefreshTokenStore } from "./refresh-token-store.ts";
import { warnOfOtherSite } from "./sites.ts";
import { TabMemory, TabTenant } from "./tab-tenant.ts";
import { type CrossTabChannel, openTabs, type TabMessage } from "./tabs.ts";

interface SharedTokensOptions extends AuthOptions {
  readonly fetch: Fetch;
}

/** How long a tab waits for tokens that another tab has, and how long before it asks again. */
const WAIT_TIMEOUT_MS = 2_000;
const RETRY_INTERVAL_MS = 250;

/** The tokens of one login, shared by all tabs of an app: the tab that gets new tokens sends them to the others. */
export class SharedTokens {
  readonly authStore: AuthStore;
  readonly tenant: TabTenant;
  readonly #env: Globals;
  readonly #tabs: CrossTabChannel;
  readonly #api: Api;
  readonly #store: RefreshTokenStore | null;
  readonly #logouts: LogoutQueue;
  /** The Unix time of `now` 0, in milliseconds. */
  readonly #origin: number;
  #renewing: Promise<void> | null = null;
  #renewingSince = 0;
  #refreshing = false;
  /** The last version of tokens that this tab obtained for all tabs. */
  #lastIssuedVersion = 0;

  constructor({ url, transport, storage, storageKey, tenant, fetch }: SharedTokensOptions, env: Globals) {
    this.#env = env;
    const { Date: calendar, performance } = env;
    this.#origin = performance.timeOrigin ?? calendar.now() - performance.now();
    const name = storageKey ?? `portcullis ${transport} ${url}`;
    const key = name.replace(/[^\w.-]/g, "_");
    // Earlier versions stored the token under the name, which not every storage accepts.
    const formerKey = storageKey === undefined ? name : null;
    if (transport === "COOKIE") warnOfOtherSite(url, env);
    const alone = !isPage(env) || (transport === "BODY" && !isShared(storage));
    this.#tabs = openTabs(name, alone ? {} : env, (message) => this.#onMessage(message));
    this.#store = transport === "BODY" ? new RefreshTokenStore(storage ?? createMemory(), key, formerKey) : null;
    this.#api = new Api({
      url,
      transport,
      fetch,
      now: this.now,
      wait: this.#wait,
    });
    const memory = new TabMemory(env, `${key}.tenant`);
    this.authStore = new AuthStore(tenant === undefined ? memory.find() : tenant);
    this.tenant = new TabTenant({
      authStore: this.authStore,
      api: this.#api,
      store: this.#store,
      now: this.now,
      memory,
      withLock: (work) => this.withLock(() => this.sync().then(work)),
      refresh: () => this.refresh(),
    });
    this.#logouts = new LogoutQueue({
      api: this.#api,
      storage: storage ?? storageOf(env, "localStorage") ?? createMemory(),
      key: `${key}.logouts`,
      withLock: (work) => this.withLock(work),
      env,
    });
    env.addEventListener?.("pagehide", this.#leave);
    env.addEventListener?.("pageshow", this.#return);
  }

  close(): void {
    this.#env.removeEventListener?.("pagehide", this.#leave);
    this.#env.removeEventListener?.("pageshow", this.#return);
    this.#logouts.close();
    this.#tabs.close();
  }

  /** Runs `work` while no other tab changes the login. */
  withLock<T>(work: () => Promise<T>): Promise<T> {
    return this.#tabs.withLock(work);
  }

  /** Whether new tokens should be requested. */
  needsRefresh(): boolean {
    const { token, login } = this.authStore;
    return token ? isDue(token, this.now()) : login.status === "UNKNOWN";
  }

  /** New tokens for all callers in this tab: those that another tab obtains first, otherwise its own when its turn comes. */
  renew(): Promise<void> {
    if (this.#renewing) return this.#renewing;
    this.#renewingSince = this.#time();
    const { version, login } = this.authStore;
    const isWanted = () =>
      this.#renewing === renewing && this.authStore.version === version && this.authStore.login === login;
    const byAnother = this.authStore.nextChange().then((failure) => {
      if (failure) throw failure;
    });
    const byMyself = this.#tabs.withLock(async () => {
      await this.sync();
      // When this tab's turn comes, the request may be obsolete: new tokens have arrived, or the user has signed out.
      if (isWanted()) await this.refresh();
    });
    const renewing = Promise.race([byAnother, byMyself]).finally(() => {
      this.#renewing = null;
    });
    this.#renewing = renewing;
    return renewing;
  }

  /** Waits for the changes that other tabs made before this tab's turn: their messages may still be in transit. */
  async sync(): Promise<void> {
    const began = this.now();
    for (let anyone = false; this.now() - began < WAIT_TIMEOUT_MS; anyone = true) {
      const { version } = this.authStore;
      if ((await this.#tabs.latestVersion()) <= version) return;
      const news = this.authStore.nextChange();
      this.#tabs.post({ kind: "ASK", version, anyone });
      await Promise.race([news, this.#wait(RETRY_INTERVAL_MS)]);
    }
  }

  /** Asks the API for new tokens. Call it only within `withLock`. */
  async refresh(): Promise<void> {
    const { version, login } = this.authStore;
    this.#refreshing = true;
    try {
      // The cookie of a session that was logged out offline must not restore the session.
      if (await this.#logouts.holdsCookie()) return this.authStore.signOut("LOGGED_OUT");
      const askedAt = this.now();
      const stored = await this.#store?.find();
      const sessionId = login.sessionId ?? stored?.sessionId ?? null;
      // Another tab has deleted it.
      if (stored === null) return await this.#signOut(sessionId, "ENDED");
      const deviceToken = stored?.deviceToken ?? null;
      const answer = await this.#api.refresh(stored?.refreshToken ?? null, deviceToken);
      // A user logged in or out during the request: the response is outdated.
      if (this.authStore.version !== version || this.authStore.login !== login) return;
      if (answer.outcome === "RENEWED") return await this.setTokens(answer.tokens, deviceToken, askedAt);
      // If tabs cannot wait for one another, another tab may have refreshed first.
      if ((await this.#store?.find())?.refreshToken !== stored?.refreshToken) return await this.refresh();
      await this.#signOut(sessionId, answer.reason);
    } catch (failure) {
      if (failure instanceof AuthFailure) {
        const { code, message, retryAfter } = failure;
        this.#tabs.post({ kind: "FAILED", at: this.#time(this.#api.askedAt), code, message, retryAfter });
      }
      throw failure;
    } finally {
      this.#refreshing = false;
    }
  }

  /** Adopts a new login. Call it only within `withLock`. */
  async adopt({ tokens, deviceToken = null }: LoginSuccess, askedAt: number): Promise<void> {
    await this.#logouts.forgetCookie();
    await this.setTokens(tokens, deviceToken, askedAt);
  }

  /** Sends logouts that were made offline to the API, before another login replaces their cookie. Call it only within `withLock`. */
  flushLogouts(): Promise<void> {
    return this.#logouts.flush();
  }

  /** Makes these the tokens of all tabs; the device token stays with their session. */
  async setTokens(tokens: Tokens, deviceToken: string | null, askedAt: number): Promise<void> {
    const token = readAccessToken(tokens, askedAt);
    if (this.authStore.isOver(token.sessionId)) {
      // An older response restored its cookie after a login had replaced it.
      await this.#api.endSessions("ONE", { accessToken: token.text, refreshToken: null });
      return this.#signOut(this.authStore.login.sessionId, "ENDED");
    }
    const { sessionId } = token;
    const { refreshToken } = tokens;
    if (refreshToken) await this.#store?.keep({ sessionId, refreshToken, deviceToken });
    // Based on this computer's clock, so that a tab without any history is newer than everything that other tabs did before.
    const version = Math.max(this.#time(), this.authStore.version + 1, (await this.#tabs.latestVersion()) + 1);
    this.#lastIssuedVersion = version;
    if (!this.authStore.signIn(token, version)) return this.#store?.forget(sessionId);
    this.#tabs.post(this.#describe(token, version));
    await this.#tabs.holdVersion(version);
  }

  /** Signs out because the API reported it; `sessionId` is the session that this tab knew, if any. */
  async #signOut(sessionId: string | null, reason: SignOutReason): Promise<void> {
    if (sessionId !== null) await this.end(sessionId, reason);
    this.authStore.signOut(sessionId === null && reason === "ENDED" ? null : reason);
  }

  async end(sessionId: string, reason: SignOutReason): Promise<void> {
    this.authStore.end(sessionId, reason);
    this.#tabs.post({ kind: "ENDED", sessionId, reason });
    if (!this.authStore.token) void this.#tabs.holdVersion(null);
    await this.#store?.forget(sessionId);
  }

  /** After the API has reported that the user is no longer a member: shows it in all tabs of this tenant. */
  loseTenant(sessionId: string, tenantId: string): void {
    this.authStore.refuse(sessionId, tenantId, "NOT_A_MEMBER");
    this.#tabs.post({ kind: "TENANT_LOST", sessionId, tenantId });
  }

  #describe(token: AccessToken, version: number): TabMessage {
    const { sessionId, text, issuedAt, lifetime } = token;
    return { kind: "TOKENS", version, sessionId, text, age: this.now() - issuedAt, lifetime };
  }

  #onMessage(message: TabMessage): void {
    const { token, version } = this.authStore;
    switch (message.kind) {
      case "TOKENS": {
        const { sessionId, text, age, lifetime } = message;
        const { tenantId } = ownerOf(text);
        const issuedAt = this.now() - age;
        if (this.authStore.signIn({ sessionId, tenantId, text, issuedAt, lifetime }, message.version))
          void this.#tabs.holdVersion(message.version);
        return;
      }
      case "ENDED":
        this.authStore.end(message.sessionId, message.reason);
        if (!this.authStore.token) void this.#tabs.holdVersion(null);
        return;
      case "TENANT_LOST":
        this.authStore.refuse(message.sessionId, message.tenantId, "NOT_A_MEMBER");
        return;
      case "ASK":
        if (token && version > message.version && (message.anyone || this.#lastIssuedVersion === version))
          this.#tabs.post(this.#describe(token, version));
        return;
      case "FAILED":
        // Ignore it if it is older than this tab's request, or if this tab is refreshing itself.
        if (!this.#refreshing && message.at >= this.#renewingSince)
          this.authStore.notify(new AuthFailure(message.code, message.message, message.retryAfter));
    }
  }

  /** A page that holds a lock cannot enter the back/forward cache. */
  readonly #leave = (): void => void this.#tabs.holdVersion(null);

  /** The page was restored from the back/forward cache and has received no messages in the meantime. */
  readonly #return = (): void => {
    void this.sync().then(() => {
      const { token, version } = this.authStore;
      if (token) return this.#tabs.holdVersion(version);
    });
  };

  /** Signs out in all tabs immediately, and ends the session, or all of its user's, once the API is reachable: now or later. */
  async logOut(scope: LogoutScope): Promise<void> {
    const { token, login } = this.authStore;
    const { sessionId } = login;
    if (sessionId !== null) {
      this.authStore.end(sessionId, "LOGGED_OUT");
      this.#tabs.post({ kind: "ENDED", sessionId, reason: "LOGGED_OUT" });
    } else if (login.status === "SIGNED_OUT") return;
    else this.authStore.signOut("LOGGED_OUT");
    void this.#tabs.holdVersion(null);
    const stored = await this.#store?.find();
    // Stored before the token is deleted and before this tab's turn, because the page may be closed at any moment.
    if (!this.#store || stored) await this.#logouts.add({ scope, refreshToken: stored?.refreshToken ?? null });
    if (stored) await this.#store?.forget(stored.sessionId);
    await this.withLock(async () => {
      if (this.#store && !stored && token)
        await this.#api.endSessions(scope, { accessToken: token.text, refreshToken: null }).catch(() => {});
      await this.#logouts.flush(token?.text ?? null);
    });
  }

  /** Milliseconds of a monotonic clock. */
  readonly now = (): number => this.#env.performance.now();

  /** Approximately the same in all tabs. */
  readonly #time = (now = this.now()): number => Math.floor(this.#origin + now);

  readonly #wait = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => void this.#env.setTimeout(resolve, milliseconds));
}
