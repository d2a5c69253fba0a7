import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import { nameDevice } from "#features/devices/index";
import { AuthSettings, LOGIN_ERRORS, LoginResult, tokenDeliveryRequest, toLoginResult } from "#features/login/index";
import { type User, UserType } from "#features/users/index";
import { CredentialMutation, Public, RateLimit, Reauth } from "#platform/schema/access";
import { AtMost } from "#platform/schema/bounds";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import type { AuthorizationRequestsService } from "./authorization-requests.service.ts";
import { bindingAtReturn, bindingAtStart, keepBinding } from "./request-binding.ts";
import {
  FinishSocialLoginInput,
  LinkSocialAccountInput,
  LinkSocialAccountPayload,
  SocialAccountType,
  SocialProviderType,
  StartSocialLoginInput,
  StartSocialLoginPayload,
  UnlinkSocialAccountInput,
  UnlinkSocialAccountPayload,
} from "./social.graphql.ts";
import type { SocialAccount, SocialAccountsService } from "./social-accounts.service.ts";
import type { SocialLoginService } from "./social-login.service.ts";

interface SocialServices {
  readonly authorizationRequests: AuthorizationRequestsService;
  readonly socialLogin: SocialLoginService;
  readonly socialAccounts: SocialAccountsService;
}

/** Maximum number of accounts of a user: at most one at each provider, and settings name only a few. */
const MAX_PROVIDERS = 50;

/** Login by accounts at providers, and the management of these accounts. Adds the providers to the settings of a login page. */
@Resolver(() => AuthSettings)
export class SocialResolver {
  constructor(private readonly deps: SocialServices) {}

  @AtMost(MAX_PROVIDERS)
  @FieldResolver(() => [SocialProviderType], {
    description: "The providers available for login, one button each, in this order.",
  })
  socialProviders(): readonly SocialProviderType[] {
    return this.deps.authorizationRequests.providers();
  }

  @Public()
  @RateLimit({ limit: 60, window: 600 })
  @Fails("BAD_REQUEST/PROVIDER_NOT_CONFIGURED", "NOT_FOUND", "UPSTREAM_FAILED")
  @Mutation(() => StartSocialLoginPayload, {
    description:
      "Starts a login with an account at a provider, or the linking of one, and returns the URL for the browser. The mutation that finishes it decides between the two. " +
      "The `redirectUri` must be one of those in the settings.",
  })
  async startSocialLogin(
    @Arg("input", () => StartSocialLoginInput, { description: "The provider and the redirect URI." })
    input: StartSocialLoginInput,
    @Ctx() context: RequestContext,
  ): Promise<StartSocialLoginPayload> {
    const { provider, transport, tenant } = input;
    const binding = bindingAtStart(input, context);
    const request = { provider, redirectUri: input.redirectUri.written, transport, tenant, binding };
    const { expiresAt, ...redirect } = await this.deps.authorizationRequests.start(request);
    keepBinding(binding, context, expiresAt);
    return redirect;
  }

  @Public()
  @CredentialMutation()
  @RateLimit({ limit: 60, window: 600 })
  @Fails(
    ...LOGIN_ERRORS,
    "BAD_REQUEST/PROVIDER_NOT_CONFIGURED",
    "CONFLICT/EMAIL_TAKEN",
    "FORBIDDEN",
    "FORBIDDEN/APPROVAL_PENDING",
    "INVALID_TOKEN",
    "NOT_FOUND",
    "UPSTREAM_FAILED",
  )
  @Mutation(() => LoginResult, {
    description:
      "Completes a login after the provider's callback, or returns the next step, as after a password. A new person becomes a user if the " +
      "tenant admits visitors. If both sides have verified the same address, it is the existing user, and the account is linked once the login is " +
      "complete. If the provider does not vouch for the address, SecondFactorRequired with ADDRESS_UNPROVED comes first, whether or not a user " +
      "has it. If the state is unknown, used, expired or of another browser, or the provider rejects the code, start again. If another user has the " +
      "address, that user logs in as before and calls `linkSocialAccount`.",
  })
  async finishSocialLogin(
    @Arg("input", () => FinishSocialLoginInput, { description: "The callback." }) input: FinishSocialLoginInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    const device = tokenDeliveryRequest({ deviceToken: input.deviceToken ?? null, transport: "BODY" }, context);
    const request = { ...callbackInputOf(input, context), ...device };
    return toLoginResult(
      await this.deps.socialLogin.finish(request, nameDevice(context.client, input.deviceName)),
      context,
    );
  }

  @Reauth()
  @CredentialMutation()
  @Fails(
    "BAD_REQUEST/PROVIDER_NOT_CONFIGURED",
    "CONFLICT/SOCIAL_ACCOUNT_TAKEN",
    "FORBIDDEN/EMAIL_NOT_VERIFIED",
    "INVALID_TOKEN",
    "UPSTREAM_FAILED",
  )
  @Mutation(() => LinkSocialAccountPayload, {
    description:
      "Links the provider's account that the caller has just used, whatever its address; the owner is notified by mail. Fails if it is linked to " +
      "another user, or if another account at this provider is linked to the caller.",
  })
  async linkSocialAccount(
    @Arg("input", () => LinkSocialAccountInput, { description: "The callback." }) input: LinkSocialAccountInput,
    @Ctx() context: SignedIn,
  ): Promise<LinkSocialAccountPayload> {
    return {
      user: await this.deps.socialAccounts.link(context.viewer, context.client, callbackInputOf(input, context)),
    };
  }

  @Reauth()
  @Fails("BAD_REQUEST/LAST_LOGIN_METHOD", "NOT_FOUND")
  @Mutation(() => UnlinkSocialAccountPayload, {
    description:
      "Unlinks the caller's account at this provider; other sessions based only on it end, and the owner is notified by mail. From then on, no account " +
      "there is linked by its address alone, only by `linkSocialAccount`. Fails if the user has no other login method.",
  })
  async unlinkSocialAccount(
    @Arg("input", () => UnlinkSocialAccountInput, { description: "The account." })
    { provider }: UnlinkSocialAccountInput,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<UnlinkSocialAccountPayload> {
    return { user: await this.deps.socialAccounts.unlink(viewer, client, provider) };
  }
}

/** The fields that accounts at providers add to `User`. */
@Resolver(() => UserType)
export class UserSocialAccountsResolver {
  constructor(private readonly deps: Pick<SocialServices, "socialAccounts">) {}

  @AtMost(MAX_PROVIDERS)
  @FieldResolver(() => [SocialAccountType], {
    description: "The user's accounts at providers, oldest first.",
  })
  socialAccounts(@Root() { id }: User, @Ctx() { loaders }: RequestContext): Promise<SocialAccount[] | null> {
    return loaders.of(this.deps.socialAccounts.ofUsers).load(id);
  }
}

const callbackInputOf = (input: LinkSocialAccountInput, context: RequestContext) => {
  const { state, code, iss } = input;
  return { state, code, iss, binding: bindingAtReturn(input, context) };
};
