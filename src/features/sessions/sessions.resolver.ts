import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { highestRoleIn } from "#features/tokens/index";
import { type User, type UsersService, UserType } from "#features/users/index";
import { CredentialMutation, Public } from "#platform/schema/access";
import { Device } from "#platform/schema/common.graphql";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { canView } from "#shared/access-policy";
import { AppError } from "#shared/errors";
import type { PresentedTokens, TokenBearer } from "./presented-tokens.service.ts";
import type { SessionAuthenticator } from "./session-authenticator.ts";
import type { SessionTokensService } from "./session-tokens.service.ts";
import {
  DeleteSessionInput,
  DeleteSessionPayload,
  IssueAccessTokenInput,
  IssueAccessTokenPayload,
  LogoutAllInput,
  LogoutAllPayload,
  LogoutInput,
  LogoutPayload,
  RefreshTokenInput,
  RefreshTokenPayload,
  SessionType,
  ValidateTokenInput,
  ValidateTokenPayload,
} from "./sessions.graphql.ts";
import type { Session, SessionsService } from "./sessions.service.ts";
import type { TenantTokens } from "./tenant-tokens.service.ts";
import { deliverTokens } from "./token-delivery.ts";

const WHICH_SESSION = {
  defaultValue: {},
  description: "Omit it to log out the session of the access token or the cookie.",
} as const;

interface SessionsResolverDeps {
  readonly sessions: SessionsService;
  readonly authenticator: SessionAuthenticator;
  readonly tokens: SessionTokensService;
  readonly presentedTokens: PresentedTokens;
  readonly tenantTokens: TenantTokens;
  readonly users: UsersService;
}

@Resolver(() => SessionType)
export class SessionsResolver {
  constructor(private readonly deps: SessionsResolverDeps) {}

  @Query(() => SessionType, {
    nullable: true,
    description:
      "A session of the caller or, for admins, of their tenant. Null if it does not exist or the caller may not see it.",
  })
  session(
    @Arg("id", () => ID, { description: "The session's id." }) id: string,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Session | null> {
    return this.deps.sessions.findVisible(viewer, id);
  }

  @Public()
  @CredentialMutation()
  @Fails()
  @Mutation(() => ValidateTokenPayload, {
    description:
      "Token introspection for other services. An invalid token is not an error. It changes nothing; it is a mutation because a secret " +
      "must not be in a query.",
  })
  async validateToken(
    @Arg("input", () => ValidateTokenInput, { description: "The token to check." }) { token }: ValidateTokenInput,
  ): Promise<ValidateTokenPayload> {
    const result = await this.deps.authenticator.introspect(token, { anyAudience: true });
    if (!result.valid) return { valid: false, reason: result.reason, claims: null };
    // Other services must not accept it as a login, because its user has not completed one.
    if (result.session.enrolmentOnly) return { valid: false, reason: "REVOKED", claims: null };
    return {
      valid: true,
      reason: null,
      claims: { ...result.claims, role: highestRoleIn(result.claims), permissions: result.access.permissions },
    };
  }

  @Public()
  @CredentialMutation()
  @Fails(
    "FORBIDDEN/NOT_A_MEMBER",
    "FORBIDDEN/FACTORS_RESET_RECENTLY",
    "FORBIDDEN/TENANT_REQUIRES_SECOND_FACTOR",
    "INVALID_REFRESH_TOKEN",
    "INVALID_REFRESH_TOKEN/TOKEN_REUSED",
  )
  @Mutation(() => RefreshTokenPayload, {
    description:
      "Rotates the refresh token and returns a new pair. Call it when the access token is rejected, then repeat the rejected request. A rotated " +
      "token presented again within ten seconds returns the same new pair, so parallel tabs and lost responses are harmless. Later, this " +
      "works only for a client that sends its device token (cookie or input), if the new pair was never used, within a day and " +
      "at most twice. Any other reuse is treated as theft and ends the session. If the user has no access to `tenantId`, the " +
      "refresh token is not rotated.",
  })
  async refreshToken(
    @Arg("input", () => RefreshTokenInput, {
      defaultValue: {},
      description: "Omit it in cookie mode: the token is read from the cookie.",
    })
    input: RefreshTokenInput,
    @Ctx() context: RequestContext,
  ): Promise<RefreshTokenPayload> {
    const given = input.refreshToken ?? null;
    const presented = given ?? context.cookies.get("refresh");
    if (presented === null)
      throw new AppError("INVALID_REFRESH_TOKEN", {
        message: "The refresh token is missing in both the input and the cookie.",
      });
    const deviceToken = input.deviceToken ?? context.cookies.get("device");
    const pair = await this.deps.tokens
      .refresh(presented, { client: context.client, deviceToken }, input.tenantId ?? null)
      .catch(async (error: unknown) => {
        throw await this.#withEndReason(error, presented);
      });
    return { tokens: deliverTokens(pair, given === null ? "COOKIE" : "BODY", context) };
  }

  @CredentialMutation()
  @Fails(
    "FORBIDDEN/FACTORS_RESET_RECENTLY",
    "FORBIDDEN/NOT_A_MEMBER",
    "FORBIDDEN/TENANT_REQUIRES_SECOND_FACTOR",
    "INVALID_REFRESH_TOKEN",
  )
  @Mutation(() => IssueAccessTokenPayload, {
    description:
      "Returns an access token for another tenant of the caller, or for another service, so that each browser tab can use a different tenant. " +
      "It expires with the caller's access token and is never elevated. It also requires the session's refresh token.",
  })
  async issueAccessToken(
    @Arg("input", () => IssueAccessTokenInput, { description: "The tenant and the service." })
    { tenantId, audience = null, refreshToken = null }: IssueAccessTokenInput,
    @Ctx() { viewer, accessToken, cookies }: SignedIn,
  ): Promise<IssueAccessTokenPayload> {
    const presented = { accessToken: accessToken ?? "", refreshToken: refreshToken ?? cookies.get("refresh") };
    const issued = await this.deps.tenantTokens.issue(viewer, { ...presented, tenantId, audience });
    return { ...issued, tokenType: "Bearer" };
  }

  /** Unknown tokens and those of ended sessions get the same error; only a genuine token reveals why its session ended. */
  async #withEndReason(error: unknown, presented: string): Promise<unknown> {
    if (!(error instanceof AppError) || error.code !== "INVALID_REFRESH_TOKEN") return error;
    const endReason = await this.deps.presentedTokens.findEndReason(presented);
    return endReason === null ? error : new AppError(error.code, { ...error.detail, endReason });
  }

  @Public()
  @CredentialMutation()
  @Fails("INVALID_REFRESH_TOKEN", "UNAUTHENTICATED")
  @Mutation(() => LogoutPayload, {
    description:
      "Ends the caller's own session; its tokens stop working immediately. The session is identified by the access token, a refresh token or the cookie; " +
      "one of them is enough, even after the access token has expired. Fails if the session has already ended.",
  })
  async logout(
    @Arg("input", () => LogoutInput, WHICH_SESSION) input: LogoutInput,
    @Ctx() context: RequestContext,
  ): Promise<LogoutPayload> {
    const bearer = await this.#bearerOf(input, context);
    const ended = await this.deps.sessions.logout(bearer, context.client);
    return { endedSessionId: ended?.id ?? null };
  }

  @Public()
  @CredentialMutation()
  @Fails("INVALID_REFRESH_TOKEN", "UNAUTHENTICATED")
  @Mutation(() => LogoutAllPayload, {
    description: "Ends all sessions of the caller, including this one. The caller authenticates as for `logout`.",
  })
  async logoutAll(
    @Arg("input", () => LogoutAllInput, WHICH_SESSION) input: LogoutAllInput,
    @Ctx() context: RequestContext,
  ): Promise<LogoutAllPayload> {
    const bearer = await this.#bearerOf(input, context);
    const ended = await this.deps.sessions.logoutAll(bearer, context.client);
    return { endedSessionIds: ended.map(({ id }) => id) };
  }

  /**
   * Authenticates a logout: by the token in the input, else by a valid access token, else by the cookie. The cookie is always cleared.
   * @throws {AppError} UNAUTHENTICATED, INVALID_REFRESH_TOKEN
   */
  async #bearerOf(input: LogoutInput, context: RequestContext): Promise<TokenBearer> {
    const { cookies } = context;
    const cookie = cookies.get("refresh");
    cookies.clear("refresh");
    const given = input.refreshToken ?? null;
    if (given !== null) return this.deps.presentedTokens.requireBearer(given);
    try {
      return await context.authenticate({ again: true });
    } catch (error) {
      if (cookie === null || !(error instanceof AppError) || error.code !== "UNAUTHENTICATED") throw error;
      return this.deps.presentedTokens.requireBearer(cookie);
    }
  }

  @Fails("FORBIDDEN/MISSING_PERMISSION", "FORBIDDEN/NOT_SESSION_OWNER", "FORBIDDEN/OTHER_MEMBERSHIPS", "NOT_FOUND")
  @Mutation(() => DeleteSessionPayload, { description: "Ends a session; its tokens stop working immediately." })
  async deleteSession(
    @Arg("input", () => DeleteSessionInput, { description: "The session to end." }) { sessionId }: DeleteSessionInput,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<DeleteSessionPayload> {
    return { session: await this.deps.sessions.end(viewer, sessionId, client) };
  }

  @FieldResolver(() => UserType, {
    nullable: true,
    description:
      "The session's user. Null if the caller may not see the account; another user's requires `users:read`.",
  })
  async user(@Root() { userId, tenantId }: Session, @Ctx() { loaders, viewer }: RequestContext): Promise<User | null> {
    if (!viewer || !canView(viewer, { userId, tenantId }, "users:read")) return null;
    return loaders.of(this.deps.users.byIds).load(userId);
  }

  @FieldResolver(() => Device, { description: "The device that opened it." })
  device(@Root() { device, deviceId }: Session): Device {
    return { ...device, deviceId };
  }

  @FieldResolver(() => Boolean, { description: "Whether this is the session that makes the request." })
  current(@Root() { id }: Session, @Ctx() { viewer }: RequestContext): boolean {
    return viewer?.sessionId === id;
  }
}
