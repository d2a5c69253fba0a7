import type { LoginSuccess, Tokens } from "../../../src/client/access-token.ts";
import type { Fetch } from "../../../src/client/globals.ts";

interface FakeSession {
  generation: number;
  over: boolean;
  endReason?: string;
}

export type Fault =
  | "NETWORK"
  | "PROXY"
  | { readonly code: string; readonly reason?: string; readonly retryAfter?: number };

/** A browser's answerer of refreshes and logouts, by the rules of the real one (flows.md, section 3), and as slow or ill as told. */
export class FakeApi {
  /** The operations that came, in order. */
  readonly asked: string[] = [];
  /** What the next requests meet, one each. */
  readonly faults: Fault[] = [];
  /** What every request meets after those. */
  outage: Fault | null = null;
  /** Seconds. */
  lifetime = 900;
  /** Answers wait for this. */
  gate: Promise<unknown> = Promise.resolve();
  /** The browser's jar. */
  cookie: string | null = null;
  /** Whether a spent token comes too late for the grace time: then only the session's device gets the successor. */
  isGraceOver = false;
  readonly #sessions = new Map<string, FakeSession>();
  readonly #accessTokens = new Map<string, string>();

  /** How often a session's refresh token was exchanged. */
  generationOf(sessionId: string): number {
    return this.#sessions.get(sessionId)?.generation ?? 0;
  }

  /** As `LoginSuccess` tells them; the cookie of the login is set, too. */
  logIn(sessionId: string): LoginSuccess {
    this.#sessions.set(sessionId, { generation: 0, over: false });
    return { tokens: this.#issue(sessionId), deviceToken: deviceTokenOf(sessionId) };
  }

  /** As `reauthenticate` tells it: elevated for so many seconds. */
  stepUp(sessionId: string, seconds: number): { readonly accessToken: string } {
    return this.#issue(sessionId, { iat: 1_000, elevated_until: 1_000 + seconds });
  }

  /** From outside: by another device, or an admin. */
  endSession(sessionId: string, endReason?: string): void {
    const session = this.#sessions.get(sessionId);
    if (session) Object.assign(session, { over: true, ...(endReason && { endReason }) });
  }

  isOver(sessionId: string): boolean {
    return this.#sessions.get(sessionId)?.over ?? true;
  }

  /** All access tokens of now are too old. */
  expireAccessTokens(): void {
    this.#accessTokens.clear();
  }

  /** Whether an operation with this token is answered. */
  accepts(token: string | null): boolean {
    const sessionId = this.#accessTokens.get(token ?? "");
    return sessionId !== undefined && !this.isOver(sessionId);
  }

  timesAsked(operation: string): number {
    return this.asked.filter((name) => name === operation).length;
  }

  readonly fetch: Fetch = async (_url, { body, headers, credentials }) => {
    const { operationName, variables } = JSON.parse(body);
    this.asked.push(operationName);
    const cookie = credentials === "include" ? this.cookie : null;
    const fault = this.faults.shift() ?? this.outage;
    if (fault === "NETWORK") throw new TypeError("Failed to fetch");
    if (fault === "PROXY") return { status: 502, json: () => Promise.reject(new SyntaxError("<html>")) };
    const answer = fault
      ? refusal(fault.code, fault)
      : operationName === "RefreshTokens"
        ? this.#refresh(variables.input?.refreshToken ?? cookie, cookie ? null : variables.input?.deviceToken)
        : this.#end(headers.authorization?.replace("Bearer ", "") ?? null, variables.input?.refreshToken, cookie);
    await this.gate;
    // Browsers put the cookie away when the answer comes, not when it is made.
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

  #end(accessToken: string | null, refreshToken: string | undefined, cookie: string | null): Answer {
    const named = refreshToken ?? (this.accepts(accessToken) ? null : cookie);
    if (named === null && !this.accepts(accessToken)) return refusal("UNAUTHENTICATED");
    const sessionId = named === null ? this.#accessTokens.get(accessToken ?? "") : named.split("/")[0];
    if (this.isOver(sessionId ?? "")) return refusal("INVALID_REFRESH_TOKEN");
    this.endSession(sessionId ?? "");
    return { status: 200, body: { data: { logout: { endedSession: { id: sessionId } } } }, setCookie: null };
  }

  #issue(sessionId: string, more = {}): Tokens {
    const claims = { ...more, sid: sessionId, n: this.#accessTokens.size, at: performance.now(), name: "Ådá" };
    const accessToken = `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
    this.#accessTokens.set(accessToken, sessionId);
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
