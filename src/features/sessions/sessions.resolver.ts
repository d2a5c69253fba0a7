import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { ProvesCredential, Public } from "../../platform/schema/access.ts";
import { Device } from "../../platform/schema/common.graphql.ts";
import type { RequestContext, SignedIn } from "../../platform/schema/context.ts";
import { AppError } from "../../shared/errors.ts";
import { highestRole } from "../../shared/roles.ts";
import { type User, type UsersService, UserType } from "../users/index.ts";
import type { SessionAuthenticator } from "./session-authenticator.ts";
import type { SessionTokensService } from "./session-tokens.service.ts";
import {
  AuthTokens,
  DeleteSessionPayload,
  LogoutPayload,
  RefreshTokenInput,
  SessionType,
  TokenValidation,
} from "./sessions.graphql.ts";
import type { Session, SessionsService } from "./sessions.service.ts";
import { deliverTokens } from "./token-delivery.ts";

interface SessionsResolverDeps {
  readonly sessions: SessionsService;
  readonly authenticator: SessionAuthenticator;
  readonly tokens: SessionTokensService;
  readonly users: UsersService;
}

@Resolver(() => SessionType)
export class SessionsResolver {
  readonly #sessions: SessionsService;
  readonly #authenticator: SessionAuthenticator;
  readonly #tokens: SessionTokensService;
  readonly #users: UsersService;

  constructor({ sessions, authenticator, tokens, users }: SessionsResolverDeps) {
    this.#sessions = sessions;
    this.#authenticator = authenticator;
    this.#tokens = tokens;
    this.#users = users;
  }

  @Query(() => [SessionType], { description: "The caller's sessions, most recently active first." })
  sessions(
    @Arg("includeEnded", () => Boolean, {
      defaultValue: false,
      description: "Also those that ended in the last 30 days, each with its reason.",
    })
    includeEnded: boolean,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Session[]> {
    return this.#sessions.list(viewer, includeEnded);
  }

  @Query(() => SessionType, {
    description: "One session: the caller's own, or one of the tenant for its admin. NOT_FOUND otherwise.",
  })
  session(
    @Arg("id", () => ID, { description: "The session's id." }) id: string,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Session> {
    return this.#sessions.getVisible(viewer, id);
  }

  @Public()
  @Query(() => TokenValidation, {
    description: "Token introspection for other services: never an error for a bad token.",
  })
  async validateToken(
    @Arg("token", () => String, { description: "An access token." }) token: string,
  ): Promise<TokenValidation> {
    const result = await this.#authenticator.introspect(token);
    if (!result.valid) return { valid: false, reason: result.reason, claims: null };
    return { valid: true, reason: null, claims: { ...result.claims, role: highestRole(result.claims.roles) } };
  }

  @Public()
  @ProvesCredential()
  @Mutation(() => AuthTokens, {
    description:
      "Rotates: returns a new pair; the old refresh token is spent. Call it on UNAUTHENTICATED, then repeat what was refused. A spent " +
      "token that comes again within ten seconds returns the same new pair, so parallel tabs and lost answers do no harm. Later it " +
      "does so only for a client that sends its device token (cookie or input), while the new pair was never used, within a day and " +
      "at most twice; otherwise it is theft, and the session ends (INVALID_REFRESH_TOKEN/TOKEN_REUSED).",
  })
  async refreshToken(
    @Arg("input", () => RefreshTokenInput, {
      nullable: true,
      description: "Leave it out in cookie mode: the token is read from the cookie.",
    })
    input: RefreshTokenInput | null,
    @Ctx() context: RequestContext,
  ): Promise<AuthTokens> {
    const given = input?.refreshToken ?? null;
    const presented = given ?? context.cookies.get("refresh");
    if (presented === null)
      throw new AppError("INVALID_REFRESH_TOKEN", {
        message: "There is no refresh token, neither in the input nor in a cookie.",
      });
    return deliverTokens(
      await this.#tokens.refresh(presented, {
        client: context.client,
        deviceToken: input?.deviceToken ?? context.cookies.get("device"),
      }),
      given === null ? "COOKIE" : "BODY",
      context,
    );
  }

  @Mutation(() => LogoutPayload, { description: "Ends the caller's own session; its tokens stop working at once." })
  async logout(@Ctx() { viewer, client, cookies }: SignedIn): Promise<LogoutPayload> {
    cookies.clear("refresh");
    return { endedSessions: await this.#sessions.signOut(viewer, client) };
  }

  @Mutation(() => LogoutPayload, { description: "Ends all sessions of the caller, this one too." })
  async logoutAll(@Ctx() { viewer, client, cookies }: SignedIn): Promise<LogoutPayload> {
    cookies.clear("refresh");
    return { endedSessions: await this.#sessions.signOutEverywhere(viewer, client) };
  }

  @Mutation(() => DeleteSessionPayload, { description: "Ends one session; its tokens stop working at once." })
  async deleteSession(
    @Arg("id", () => ID, { description: "The session's id." }) id: string,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<{ session: Session }> {
    return { session: await this.#sessions.end(viewer, id, client) };
  }

  @FieldResolver(() => UserType, { description: "Whose session it is." })
  user(@Root() { userId }: Session, @Ctx() { loaders }: RequestContext) {
    return loaders.of(this.#users.byIds).load(userId);
  }

  @FieldResolver(() => Device, { description: "The device it was opened on." })
  device(@Root() { device, deviceId }: Session): Device {
    return { ...device, deviceId };
  }

  @FieldResolver(() => Boolean, { description: "Whether this is the session that makes the request." })
  current(@Root() { id }: Session, @Ctx() { viewer }: RequestContext): boolean {
    return viewer?.sessionId === id;
  }
}

/** What sessions/ adds to the user. */
@Resolver(() => UserType)
export class UserSessionsResolver {
  readonly #sessions: SessionsService;

  constructor({ sessions }: { sessions: SessionsService }) {
    this.#sessions = sessions;
  }

  @FieldResolver(() => [SessionType], { description: "The user's sessions, most recently active first." })
  sessions(
    @Root() { id }: User,
    @Arg("includeEnded", () => Boolean, {
      defaultValue: false,
      description: "Also those that ended in the last 30 days, each with its reason.",
    })
    includeEnded: boolean,
    @Ctx() { loaders }: RequestContext,
  ) {
    return loaders.of(includeEnded ? this.#sessions.allByUsers : this.#sessions.liveByUsers).load(id);
  }
}
