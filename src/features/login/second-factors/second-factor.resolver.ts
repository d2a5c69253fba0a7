import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { nameDevice } from "#features/devices/index";
import { ProvesCredential, Public } from "#platform/schema/access";
import type { RequestContext } from "#platform/schema/context";
import type { PasskeyLogin } from "../first-factors/passkey/passkey-login.service.ts";
import { LoginResult } from "../flow/login.graphql.ts";
import { deliveryRequest, toLoginResult } from "../flow/login-result.ts";
import type { AddressLogins } from "./address-logins.ts";
import type { CodeFactor } from "./code-forms.ts";
import {
  FinishPasskeyLoginInput,
  SendEmailCodeInput,
  SendEmailCodePayload,
  StartPasskeyLoginInput,
  StartPasskeyLoginPayload,
  VerifyBackupCodeInput,
  type VerifyCodeInput,
  VerifyEmailCodeInput,
  VerifyTotpInput,
} from "./second-factor.graphql.ts";
import type { SecondFactorLogin } from "./second-factor.service.ts";

const ERRORS =
  "Answers LoginSuccess. BAD_USER_INPUT where it cannot be a code, which does not count; INVALID_CODE with attemptsLeft where it is wrong; RATE_LIMITED/MFA_LOCKED with retryAfter after five wrong ones, " +
  "over all logins; INVALID_TOKEN/CHALLENGE_EXPIRED where the login must begin anew; BAD_REQUEST where it does not wait for this factor.";

interface SecondFactorServices {
  readonly secondFactors: SecondFactorLogin;
  readonly passkeyLogin: PasskeyLogin;
  readonly addressLogins: AddressLogins;
}

/** The steps of a login that has begun, and logging in by a passkey alone. */
@Resolver()
export class SecondFactorResolver {
  constructor(private readonly deps: SecondFactorServices) {}

  @Public()
  @ProvesCredential()
  @Mutation(() => LoginResult, { description: `Finishes a login with a code from an authenticator app. ${ERRORS}` })
  verifyTotp(
    @Arg("input", () => VerifyTotpInput, { description: "The login and the code." }) input: VerifyTotpInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    return this.#verify("TOTP", input, context);
  }

  @Public()
  @ProvesCredential()
  @Mutation(() => LoginResult, {
    description: `Finishes a login with a backup code, which is used up by it. Case, spaces and hyphens do not matter. ${ERRORS}`,
  })
  verifyBackupCode(
    @Arg("input", () => VerifyBackupCodeInput, { description: "The login and the code." }) input: VerifyBackupCodeInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    return this.#verify("BACKUP_CODE", input, context);
  }

  @Public()
  @ProvesCredential()
  @Mutation(() => LoginResult, {
    description:
      `Finishes a login with a code that was mailed. ${ERRORS} ` +
      "After ADDRESS_UNPROVED it answers as `finishSocialLogin` does for a proved address: the user's own second factor may follow. Each such " +
      "login takes five wrong codes; then the client starts a new login.",
  })
  verifyEmailCode(
    @Arg("input", () => VerifyEmailCodeInput, { description: "The login and the code." }) input: VerifyEmailCodeInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    return this.#verify("EMAIL_CODE", input, context);
  }

  @Public()
  @ProvesCredential()
  @Mutation(() => SendEmailCodePayload, {
    description:
      "Mails another code for a login that waits for one; the first was mailed when the login began, and only the newest counts. At most once in 30 " +
      "seconds and five times: RATE_LIMITED with retryAfter.",
  })
  async sendEmailCode(
    @Arg("input", () => SendEmailCodeInput, { description: "Which login." }) { challenge }: SendEmailCodeInput,
    @Ctx() { client }: RequestContext,
  ): Promise<SendEmailCodePayload> {
    const { addressLogins, secondFactors } = this.deps;
    return { sentTo: await (addressLogins.of(challenge) ?? secondFactors).sendEmailCode(challenge, client) };
  }

  @Public()
  @ProvesCredential()
  @Mutation(() => StartPasskeyLoginPayload, {
    description:
      "Options for navigator.credentials.get(). With a challenge: a passkey of that login's user, as its second factor. Without: any passkey " +
      "for this site, in place of a password, or for reauthenticate. BAD_REQUEST where that login does not wait for a passkey, or " +
      "AuthSettings.passkeys is false; INVALID_TOKEN/CHALLENGE_EXPIRED where it must begin anew.",
  })
  startPasskeyLogin(
    @Arg("input", () => StartPasskeyLoginInput, {
      defaultValue: {},
      description: "Leave it out to log in without a password.",
    })
    { challenge }: StartPasskeyLoginInput,
  ): Promise<StartPasskeyLoginPayload> {
    return this.deps.passkeyLogin.start(challenge ?? null);
  }

  @Public()
  @ProvesCredential()
  @Mutation(() => LoginResult, {
    description:
      "Logs in with a passkey: answers LoginSuccess. INVALID_CREDENTIALS where it is not accepted, FORBIDDEN with a reason where the account may not log in, " +
      "INVALID_TOKEN/CHALLENGE_EXPIRED where a login that began with a password must begin anew.",
  })
  async finishPasskeyLogin(
    @Arg("input", () => FinishPasskeyLoginInput, { description: "What the browser answered." })
    input: FinishPasskeyLoginInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    const { challenge, response } = input;
    const request = { challenge, response, ...deliveryRequest(input, context) };
    const client = nameDevice(context.client, input.deviceName);
    return toLoginResult(await this.deps.passkeyLogin.finish(request, client), context);
  }

  async #verify(factor: CodeFactor, input: VerifyCodeInput, context: RequestContext): Promise<typeof LoginResult> {
    const { addressLogins, secondFactors } = this.deps;
    const login = addressLogins.of(input.challenge) ?? secondFactors;
    return toLoginResult(await login.logIn({ ...input, factor }, context.client), context);
  }
}
