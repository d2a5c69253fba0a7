import type { LoginSuccess, Tokens } from "../../../src/client/access-token.ts";
import type { Fetch } from "../../../src/client/globals.ts";

interface FakeSession {
  generation: number;
  over: boolean;
  endReason?: string;
  /** The first one is the home tenant; empty for tests that need none. */
  tenants: string[];
}

export type Fault =
  | "NETWORK"
  | "PROXY"
  | { readonly code: string; readonly reason?: string; readonly retryAfter?: number };

interface FakeToken {
  readonly sessionId: string;
  readonly tenantId: string | null;
}

/**
 * The refreshes and logouts of the API for a browser, with the rules of the real one (docs/frontend.md), and with configurable
 * delays and faults.
 */
export class FakeApi {
  /** The received operations, in order. */
  readonly asked: string[] = [];
  /** The faults of the next requests, one for each. */
  readonly faults: Fault[] = [];
  /** The fault of every request after those. */
  outage: Fault | null = null;
  /** In seconds. */
  lifetime = 900;
  /** Responses wait for this promise. */
  gate: Promise<unknown> = Promise.resolve();
  /** The browser's cookie. */
  cookie: string | null = null;
  /** Whether the grace time is over for a rotated token: then only the session's device gets the successor. */
  isGraceOver = false;
  readonly #sessions = new Map<string, FakeSession>();
  readonly #accessTokens = new Map<string, FakeToken>();
  readonly #demanding = new Set<string>();

  /** How often a session's refresh token was exchanged. */
  generationOf(sessionId: string): number {
    return this.#sessions.get(sessionId)?.generation ?? 0;
  }

  /** Returns the tokens of `LoginSuccess`, and sets the cookie of the login. The user is a member of these tenants. */
  logIn(sessionId: string, ...tenants: string[]): LoginSuccess {
    this.#sessions.set(sessionId, { generation: 0, over: false, tenants });
    return { tokens: this.#issue(sessionId), deviceToken: deviceTokenOf(sessionId) };
  }

  /** Returns the token of `reauthenticate`, elevated for this many seconds. */
  stepUp(sessionId: string, seconds: number, tenantId?: string): { readonly accessToken: string } {
    return this.#issue(sessionId, tenantId, { iat: 1_000, elevated_until: 1_000 + seconds });
  }

  /** The user joins a tenant, or leaves it; the oldest remaining one becomes the home. */
  setMember(sessionId: string, tenantId: string, isMember: boolean): void {
    const session = this.#sessions.get(sessionId);
    if (!session) return;
    session.tenants = session.tenants.filter((one) => one !== tenantId);
    if (isMember) session.tenants.push(tenantId);
  }

  /** The tenant requires a second factor from now on, or no longer. */
  setDemanding(tenantId: string, isDemanding: boolean): void {
    if (isDemanding) this.#demanding.add(tenantId);
    else this.#demanding.delete(tenantId);
  }

  /** Outdates the tokens for this tenant, because the user's roles there changed. */
  expireTokensOf(tenantId: string): void {
    for (const [text, token] of this.#accessTokens) if (token.tenantId === tenantId) this.#accessTokens.delete(text);
  }

  /** The tenant that the token is for. */
  tenantOf(token: string | null): string | null {
    return this.#accessTokens.get(token ?? "")?.tenantId ?? null;
  }

  /** Ends the session from outside: by another device, or an admin. */
  endSession(sessionId: string, endReason?: string): void {
    const session = this.#sessions.get(sessionId);
    if (session) Object.assign(session, { over: true, ...(endReason && { endReason }) });
  }

  isOver(sessionId: string): boolean {
    return this.#sessions.get(sessionId)?.over ?? true;
  }

  /** Outdates all current access tokens. */
  expireAccessTokens(): void {
    this.#accessTokens.clear();
  }

  /** Whether an operation with this token is accepted. */
  accepts(token: string | null): boolean {
    const { sessionId = "", tenantId = null } = this.#accessTokens.get(token ?? "") ?? {};
    return !this.isOver(sessionId) && this.#isMember(sessionId, tenantId);
  }

  #isMember(sessionId: string, tenantId: string | null): boolean {
    return tenantId === null || (this.#sessions.get(sessionId)?.tenants.includes(tenantId) ?? false);
  }

  countOf(operation: string): number {
    return this.asked.filter((name) => name === operation).length;
  }

  readonly fetch: Fetch = async (_url, { body, headers, credentials }) => {
    const { operationName, variables } = JSON.parse(body);
    this.asked.push(operationName);
    const cookie = credentials === "include" ? this.cookie : null;
    const bearer = headers.authorization?.replace("Bearer ", "") ?? null;
    const fault = this.faults.shift() ?? this.outage;
    if (fault === "NETWORK") throw new TypeError("Failed to fetch");
    if (fault === "PROXY") return { status: 502, json: () => Promise.reject(new SyntaxError("<html>")) };
    const answer = fault
      ? refusal(fault.code, fault)
      : operationName === "RefreshTokens"
        ? this.#refresh(variables.input?.refreshToken ?? cookie, cookie ? null : variables.input?.deviceToken)
        : operationName === "IssueAccessToken"
          ? this.#issueFor(variables.input.tenantId, bearer, variables.input.refreshToken ?? cookie)
          : this.#end(bearer, variables.input?.refreshToken, cookie);
    await this.gate;
    // Browsers store the cookie when the response arrives, not when it is created.
    if (answer.setCookie !== undefined && credentials === "include") this.cookie = answer.setCookie;
    return { status: answer.status, json: async () => answer.body };
  };

  /** `deviceToken` is null if a cookie holds it. */
  #refresh(presented: string | null, deviceToken: string | null | undefined): Answer {
    const [sessionId = "", generation] = presented?.split("/") ?? [];
    const isOwnDevice = deviceToken === null || deviceToken === deviceTokenOf(sessionId);
    const session = this.#sessions.get(sessionId);
    if (!session || session.over)
      return refusal("INVALID_REFRESH_TOKEN", session?.endReason ? { endReason: session.endReason } : {});
    const isLost = Number(generation) === session.generation - 1 && (isOwnDevice || !this.isGraceOver);
    if (Number(generation) < session.generation && !isLost) {
      session.over = true;
      return refusal("INVALID_REFRESH_TOKEN", { reason: "TOKEN_REUSED" });
    }
    if (Number(generation) === session.generation) session.generation += 1;
    const before = this.cookie;
    const tokens = this.#issue(sessionId);
    const setCookie = this.cookie ?? "";
    this.cookie = before;
    return { status: 200, body: { data: { refreshToken: { tokens } } }, setCookie };
  }

  #issueFor(tenantId: string, accessToken: string | null, refreshToken: string | null): Answer {
    const { sessionId = "" } = this.#accessTokens.get(accessToken ?? "") ?? {};
    if (!this.accepts(accessToken)) return refusal("UNAUTHENTICATED");
    const oldest = this.generationOf(sessionId) - (this.isGraceOver ? 0 : 1);
    const [owner, generation] = refreshToken?.split("/") ?? [];
    if (owner !== sessionId || Number(generation) < oldest) return refusal("INVALID_REFRESH_TOKEN");
    if (!this.#isMember(sessionId, tenantId)) return refusal("FORBIDDEN", { reason: "NOT_A_MEMBER" });
    if (this.#demanding.has(tenantId)) return refusal("FORBIDDEN", { reason: "TENANT_REQUIRES_SECOND_FACTOR" });
    const before = this.cookie;
    const issueAccessToken = this.#issue(sessionId, tenantId);
    this.cookie = before;
    return { status: 200, body: { data: { issueAccessToken } } };
  }

  #end(accessToken: string | null, refreshToken: string | undefined, cookie: string | null): Answer {
    const named = refreshToken ?? (this.accepts(accessToken) ? null : cookie);
    if (named === null && !this.accepts(accessToken)) return refusal("UNAUTHENTICATED");
    const sessionId = named === null ? this.#accessTokens.get(accessToken ?? "")?.sessionId : named.split("/")[0];
    if (this.isOver(sessionId ?? "")) return refusal("INVALID_REFRESH_TOKEN");
    this.endSession(sessionId ?? "");
    return { status: 200, body: { data: { logout: { endedSessionId: sessionId } } }, setCookie: null };
  }

  #issue(sessionId: string, tenantId = this.#sessions.get(sessionId)?.tenants[0], more = {}): Tokens {
    const claims = {
      ...more,
      sid: sessionId,
      tid: tenantId,
      n: this.#accessTokens.size,
      at: performance.now(),
      name: "Ådá",
    };
    const accessToken = `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
    this.#accessTokens.set(accessToken, { sessionId, tenantId: tenantId ?? null });
    this.cookie = `${sessionId}/${this.generationOf(sessionId)}`;
    return { accessToken, refreshToken: this.cookie, expiresIn: this.lifetime };
  }
}

const deviceTokenOf = (sessionId: string): string => `device of ${sessionId}`;

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly setCookie?: string | null;
}

const refusal = (code: string, more: object = {}): Answer => ({
  status: code === "SERVICE_UNAVAILABLE" ? 503 : 401,
  body: { errors: [{ message: `It is ${code}.`, extensions: { code, ...more } }] },
});
