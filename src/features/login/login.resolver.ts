import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import { ProvesCredential, Public } from "../../platform/schema/access.ts";
import type { RequestContext, SignedIn } from "../../platform/schema/context.ts";
import { after, DAY } from "../../shared/durations.ts";
import { badInput } from "../../shared/errors.ts";
import { nameDevice } from "../devices/index.ts";
import { deliverTokens, type Session, SessionType } from "../sessions/index.ts";
import type { Tenant, TenantsService } from "../tenants/index.ts";
import { AuthSettings, LoginInput, LoginResult, type LoginSuccess, ReauthenticateInput } from "./login.graphql.ts";
import type { LoginGrant, LoginService } from "./login.service.ts";

/** Browsers keep no cookie longer than 400 days. */
const DEVICE_COOKIE_LIFETIME = 400 * DAY;

@Resolver()
export class LoginResolver {
  readonly #login: LoginService;
  readonly #tenants: TenantsService;

  constructor({ login, tenants }: { login: LoginService; tenants: TenantsService }) {
    this.#login = login;
    this.#tenants = tenants;
  }

  @Public()
  @Query(() => AuthSettings, { description: "What a login page needs before anyone is signed in." })
  authSettings(): Promise<Tenant> {
    return this.#tenants.default();
  }

  @Public()
  @ProvesCredential()
  @Mutation(() => LoginResult, {
    description:
      "Logs in. INVALID_CREDENTIALS for an unknown identifier and a wrong password alike; RATE_LIMITED/ACCOUNT_LOCKED with retryAfter after " +
      "five failures; FORBIDDEN with a reason where the password is right but the account may not log in.",
  })
  async login(
    @Arg("input", () => LoginInput, { description: "Who logs in." }) input: LoginInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    const { identifier, password, transport } = input;
    const deviceToken = input.deviceToken ?? context.cookies.get("device");
    const client = nameDevice(context.client, input.deviceName);
    const grant = await this.#login.logIn({ identifier, password, deviceToken }, client);
    // What came in a cookie goes back in one: no script is told what only the browser knew.
    const cameInCookie = input.deviceToken == null && grant.deviceToken === deviceToken;
    return deliverGrant(grant, { transport, deviceInCookie: transport === "COOKIE" || cameInCookie }, context);
  }

  @ProvesCredential()
  @Mutation(() => SessionType, {
    description:
      "Proves a credential again on this session, for fields marked @reauth. FORBIDDEN/INCORRECT_PASSWORD where it is wrong.",
  })
  reauthenticate(
    @Arg("input", () => ReauthenticateInput, { description: "The proof." }) { password }: ReauthenticateInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Session> {
    if (typeof password !== "string") throw badInput({ path: "input", message: "Give one proof." });
    return this.#login.reauthenticate(viewer, password);
  }
}

/** Hands a login to the client the way it wants it. */
const deliverGrant = (
  grant: LoginGrant,
  { transport, deviceInCookie }: { transport: LoginInput["transport"]; deviceInCookie: boolean },
  context: RequestContext,
): LoginSuccess => {
  if (deviceInCookie)
    context.cookies.set("device", grant.deviceToken, after(grant.session.createdAt, DEVICE_COOKIE_LIFETIME));
  // Whoever has just signed in may see what the answer holds of him.
  const { id: sessionId, userId, tenantId, authenticatedAt } = grant.session;
  context.viewer = { sessionId, userId, tenantId, roles: grant.user.roles, authenticatedAt };
  return {
    tokens: deliverTokens(grant.tokens, transport, context),
    user: grant.user,
    session: grant.session,
    mfaRecommended: grant.mfaRecommended,
    evictedSessions: grant.evictedSessions,
    deviceToken: deviceInCookie ? null : grant.deviceToken,
  };
};
