import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import { nameDevice } from "#features/devices/index";
import { AuthSettings, deliveryRequest, LOGIN_ERRORS, LoginResult, toLoginResult } from "#features/login/index";
import { type User, UserType } from "#features/users/index";
import { ProvesCredential, Public, RateLimit, Reauth } from "#platform/schema/access";
import { AtMost } from "#platform/schema/bounds";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
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
import type { SocialVisits } from "./social-visits.service.ts";
import { bindingAtReturn, bindingAtStart, keepBinding } from "./visit-binding.ts";

interface SocialServices {
  readonly socialVisits: SocialVisits;
  readonly socialLogin: SocialLoginService;
  readonly socialAccounts: SocialAccountsService;
}

/** Logging in by an account at a provider, and keeping such accounts; what they add to a login page's settings. */
/** Accounts of one user: one of each provider, and settings name a few. */
const MOST_PROVIDERS = 50;

@Resolver(() => AuthSettings)
export class SocialResolver {
  constructor(private readonly deps: SocialServices) {}

  @AtMost(MOST_PROVIDERS)
  @FieldResolver(() => [SocialProviderType], {
    description: "By whose accounts people can log in: a button each, in this order.",
  })
  socialProviders(): readonly SocialProviderType[] {
    return this.deps.socialVisits.providers();
  }

  @Public()
  @RateLimit({ limit: 60, window: 600 })
  @Fails("BAD_REQUEST/PROVIDER_NOT_CONFIGURED", "NOT_FOUND", "UPSTREAM_FAILED")
  @Mutation(() => StartSocialLoginPayload, {
    description:
      "Starts a login with an account at a provider, or the linking of one, and returns where to send the browser. The mutation that finishes it decides which of the two it is. " +
      "The `redirectUri` must be one that the settings name.",
  })
  async startSocialLogin(
    @Arg("input", () => StartSocialLoginInput, { description: "Which provider, and where to come back." })
    input: StartSocialLoginInput,
    @Ctx() context: RequestContext,
  ): Promise<StartSocialLoginPayload> {
    const { provider, transport, tenant } = input;
    const binding = bindingAtStart(input, context);
    const visit = { provider, redirectUri: input.redirectUri.written, transport, tenant, binding };
    const { expiresAt, ...redirect } = await this.deps.socialVisits.start(visit);
    keepBinding(binding, context, expiresAt);
    return redirect;
  }

  @Public()
  @ProvesCredential()
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
      "Completes a login after the provider's callback, or says what is still to be proved, as after a password. Who is not known yet becomes a user where the " +
      "tenant lets visitors in; or is the user with the same address, where both sides have proved it: such a login links the account once it is " +
      "complete. If the provider does not vouch for the address, SecondFactorRequired with ADDRESS_UNPROVED comes first, whether or not a user " +
      "has it. If the state is unknown, used, expired or another browser's, or the provider refuses the code, begin again. If another user has the " +
      "address, they log in as before and use `linkSocialAccount`.",
  })
  async finishSocialLogin(
    @Arg("input", () => FinishSocialLoginInput, { description: "What came back." }) input: FinishSocialLoginInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    const device = deliveryRequest({ deviceToken: input.deviceToken ?? null, transport: "BODY" }, context);
    const request = { ...backWith(input, context), ...device };
    return toLoginResult(
      await this.deps.socialLogin.finish(request, nameDevice(context.client, input.deviceName)),
      context,
    );
  }

  @Reauth()
  @ProvesCredential()
  @Fails(
    "BAD_REQUEST/PROVIDER_NOT_CONFIGURED",
    "CONFLICT/SOCIAL_ACCOUNT_TAKEN",
    "FORBIDDEN/EMAIL_NOT_VERIFIED",
    "INVALID_TOKEN",
    "UPSTREAM_FAILED",
  )
  @Mutation(() => LinkSocialAccountPayload, {
    description:
      "Links the provider's account that the caller just used to the caller, whatever its address is; the owner gets mail. Refused if it is linked to " +
      "another user, or another account of this provider is linked to the caller.",
  })
  async linkSocialAccount(
    @Arg("input", () => LinkSocialAccountInput, { description: "What came back." }) input: LinkSocialAccountInput,
    @Ctx() context: SignedIn,
  ): Promise<LinkSocialAccountPayload> {
    return { user: await this.deps.socialAccounts.link(context.viewer, context.client, backWith(input, context)) };
  }

  @Reauth()
  @Fails("BAD_REQUEST/LAST_LOGIN_METHOD", "NOT_FOUND")
  @Mutation(() => UnlinkSocialAccountPayload, {
    description:
      "Unlinks the caller's account at this provider; other sessions that rest on it alone end, and the owner gets mail. From then on no account " +
      "there is linked by its address alone, only by `linkSocialAccount`. Refused if the user could not log in any other way.",
  })
  async unlinkSocialAccount(
    @Arg("input", () => UnlinkSocialAccountInput, { description: "Which account." })
    { provider }: UnlinkSocialAccountInput,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<UnlinkSocialAccountPayload> {
    return { user: await this.deps.socialAccounts.unlink(viewer, client, provider) };
  }
}

/** What accounts at providers add to the user. */
@Resolver(() => UserType)
export class UserSocialAccountsResolver {
  constructor(private readonly deps: Pick<SocialServices, "socialAccounts">) {}

  @AtMost(MOST_PROVIDERS)
  @FieldResolver(() => [SocialAccountType], {
    description: "The accounts at providers by which the user logs in, the oldest first.",
  })
  socialAccounts(@Root() { id }: User, @Ctx() { loaders }: RequestContext): Promise<SocialAccount[] | null> {
    return loaders.of(this.deps.socialAccounts.ofUsers).load(id);
  }
}

const backWith = (input: LinkSocialAccountInput, context: RequestContext) => {
  const { state, code, iss } = input;
  return { state, code, iss, binding: bindingAtReturn(input, context) };
};
