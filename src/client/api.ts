import type { Tokens } from "./access-token.ts";
import { AuthFailure, type TenantError } from "./failure.ts";
import { type Answer, type Endpoint, type GraphQLFault, sendRequest } from "./graphql-request.ts";

/** Why the user is no longer signed in: `Session.endReason`, or ENDED if the API does not say. */
export type SignOutReason =
  | "ENDED"
  | "LOGGED_OUT"
  | "REVOKED"
  | "SESSION_LIMIT"
  | "PASSWORD_CHANGED"
  | "PASSWORD_RESET"
  | "LOGIN_DENIED"
  | "TOKEN_REUSED"
  | "ADMIN_REVOKED"
  | "ACCOUNT_SUSPENDED"
  | "EXPIRED"
  // Members may be added: treat unknown ones like ENDED.
  | (string & {});

/** Whether to end one session or all of the user's. */
export type LogoutScope = "ONE" | "ALL";

export type Refreshed =
  | { readonly outcome: "RENEWED"; readonly tokens: Tokens }
  | { readonly outcome: "ENDED"; readonly reason: SignOutReason };

export type Issued =
  | { readonly outcome: "ISSUED"; readonly tokens: Tokens }
  | { readonly outcome: "REFUSED"; readonly error: TenantError }
  /** The presented token is no longer valid. A refresh either returns new tokens or reports that the session has ended. */
  | { readonly outcome: "OUTDATED" };

const REFRESH = {
  COOKIE: "mutation RefreshTokens { refreshToken { tokens { accessToken expiresIn } } }",
  BODY: "mutation RefreshTokens($input: RefreshTokenInput) { refreshToken(input: $input) { tokens { accessToken refreshToken expiresIn } } }",
};
const ISSUE =
  "mutation IssueAccessToken($input: IssueAccessTokenInput!) { issueAccessToken(input: $input) { accessToken expiresIn } }";
const END = {
  ONE: "mutation Logout($input: LogoutInput) { logout(input: $input) { endedSessionId } }",
  ALL: "mutation LogoutAll($input: LogoutAllInput) { logoutAll(input: $input) { endedSessionIds } }",
};

/** Error codes for an access or refresh token that is no longer valid. */
const REFUSED: ReadonlySet<string> = new Set(["UNAUTHENTICATED", "INVALID_REFRESH_TOKEN"]);

const TENANT_ERRORS: ReadonlySet<string> = new Set<TenantError>([
  "NOT_A_MEMBER",
  "TENANT_REQUIRES_SECOND_FACTOR",
  "FACTORS_RESET_RECENTLY",
]);

/**
 * Timeout of one request. Shorter than the API's grace period of ten seconds, so a lost response can still be
 * requested again.
 */
const TIMEOUT_MS = 8_000;
/** How long after the first attempt a request may be repeated: within the grace period. */
const GRACE_MS = 9_000;
const RETRY_PAUSES_MS = [300, 1_000];

interface ApiOptions extends Endpoint {
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<unknown>;
}

/** The three API calls that the helpers make themselves, independent of the app's GraphQL client. */
export class Api {
  readonly #options: ApiOptions;
  #askedAt = 0;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /** When tokens were last requested, by `now`. */
  get askedAt(): number {
    return this.#askedAt;
  }

  /**
   * Exchanges the refresh token; in cookie mode both tokens are null. If the response is lost, the token may already have been
   * rotated. The request is therefore repeated soon, while the API still returns the same successor. Much later, the API does so
   * only for the session's device; without the device token, the refresh token would look stolen.
   *
   * @throws {AuthFailure} if the API is unavailable or asks to wait
   */
  async refresh(refreshToken: string | null, deviceToken: string | null): Promise<Refreshed> {
    const { transport } = this.#options;
    const input = { refreshToken, ...(deviceToken !== null && { deviceToken }) };
    const variables = refreshToken === null ? {} : { input };
    return toRefreshed(
      await this.#persist(() => {
        this.#askedAt = this.#options.now();
        return this.#ask(REFRESH[transport], variables, null);
      }),
    );
  }

  /**
   * Gets an access token of the same session for one tenant. The refresh token is not rotated; in cookie mode it is null.
   *
   * @throws {AuthFailure} if the API is unavailable or asks to wait
   */
  async issueAccessToken(tenantId: string, accessToken: string, refreshToken: string | null): Promise<Issued> {
    const input = { tenantId, ...(refreshToken !== null && { refreshToken }) };
    return toIssued(await this.#persist(() => this.#ask(ISSUE, { input }, accessToken)));
  }

  /** Retries soon if the response is lost or the API is unavailable. */
  async #persist(ask: () => Promise<Answer>): Promise<Answer> {
    const { now, wait } = this.#options;
    const began = now();
    for (const pause of RETRY_PAUSES_MS) {
      const answer = await ask().catch(() => null);
      if (answer && answer.status < 500) return answer;
      if (now() - began > GRACE_MS) break;
      await wait(pause);
    }
    return ask();
  }

  /**
   * Ends the session of a token, or all of its user's; without a token, the session of the cookie. Also resolves if the session
   * has already ended.
   *
   * @throws {AuthFailure} if the API cannot be reached
   */
  async endSessions(
    scope: LogoutScope,
    { accessToken, refreshToken }: { readonly accessToken: string | null; readonly refreshToken: string | null },
  ): Promise<void> {
    const variables = refreshToken === null ? {} : { input: { refreshToken } };
    const { fault } = await this.#ask(END[scope], variables, accessToken);
    if (fault !== null && !REFUSED.has(fault.extensions?.code ?? "")) throw failureOf(fault);
  }

  #ask(query: string, variables: object, accessToken: string | null): Promise<Answer> {
    return sendRequest(this.#options, { query, variables, accessToken, timeoutMs: TIMEOUT_MS });
  }
}

const toTokens = (data: Answer["data"]): Tokens => (data as { refreshToken: { tokens: Tokens } }).refreshToken.tokens;

const toRefreshed = ({ data, fault }: Answer): Refreshed => {
  if (fault === null) return { outcome: "RENEWED", tokens: toTokens(data) };
  const { code, reason, endReason } = fault.extensions ?? {};
  if (code !== "INVALID_REFRESH_TOKEN") throw failureOf(fault);
  return { outcome: "ENDED", reason: endReason ?? reason ?? "ENDED" };
};

const toIssued = ({ data, fault }: Answer): Issued => {
  if (fault === null) return { outcome: "ISSUED", tokens: (data as { issueAccessToken: Tokens }).issueAccessToken };
  const { code = "", reason = "" } = fault.extensions ?? {};
  if (TENANT_ERRORS.has(reason)) return { outcome: "REFUSED", error: reason as TenantError };
  if (REFUSED.has(code)) return { outcome: "OUTDATED" };
  throw failureOf(fault);
};

const failureOf = ({ message, extensions }: GraphQLFault): AuthFailure =>
  new AuthFailure(extensions?.code ?? "NO_ANSWER", message, extensions?.retryAfter ?? null);
