import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { nameDevice } from "#features/devices/index";
import { CredentialMutation, Public } from "#platform/schema/access";
import type { RequestContext } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import type { PasskeyLogin } from "../first-factors/passkey/passkey-login.service.ts";
import { LoginResult } from "../flow/login.graphql.ts";
import { LOGIN_ERRORS } from "../flow/login-errors.ts";
import { tokenDeliveryRequest, toLoginResult } from "../flow/login-result.ts";
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

const CODE_LOGIN_NOTE =
  "Returns LoginSuccess. After five wrong codes across all logins, the factor is locked for `retryAfter` seconds. A malformed input " +
  "does not count.";

const SECOND_FACTOR_ERRORS = [
  ...LOGIN_ERRORS,
  "BAD_REQUEST",
  "FORBIDDEN/LOGIN_DENIED",
  "INVALID_CODE",
  "INVALID_TOKEN/CHALLENGE_EXPIRED",
  "RATE_LIMITED/MFA_LOCKED",
] as const;

interface SecondFactorServices {
  readonly secondFactors: SecondFactorLogin;
  readonly passkeyLogin: PasskeyLogin;
  readonly addressLogins: AddressLogins;
}

/** The second steps of a login, and login with only a passkey. */
@Resolver()
export class SecondFactorResolver {
  constructor(private readonly deps: SecondFactorServices) {}

  @Public()
  @CredentialMutation()
  @Fails(...SECOND_FACTOR_ERRORS)
  @Mutation(() => LoginResult, {
    description: `Completes a login with a code from an authenticator app. ${CODE_LOGIN_NOTE}`,
  })
  verifyTotp(
    @Arg("input", () => VerifyTotpInput, { description: "The login and the code." }) input: VerifyTotpInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    return this.#verify("TOTP", input, context);
  }

  @Public()
  @CredentialMutation()
  @Fails(...SECOND_FACTOR_ERRORS)
  @Mutation(() => LoginResult, {
    description: `Completes a login with a backup code, which is consumed. Case, spaces and hyphens are ignored. ${CODE_LOGIN_NOTE}`,
  })
  verifyBackupCode(
    @Arg("input", () => VerifyBackupCodeInput, { description: "The login and the code." }) input: VerifyBackupCodeInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    return this.#verify("BACKUP_CODE", input, context);
  }

  @Public()
  @CredentialMutation()
  @Fails(...SECOND_FACTOR_ERRORS, "CONFLICT/EMAIL_TAKEN", "FORBIDDEN", "FORBIDDEN/APPROVAL_PENDING", "NOT_FOUND")
  @Mutation(() => LoginResult, {
    description:
      `Completes a login with a mailed code. ${CODE_LOGIN_NOTE} ` +
      "After ADDRESS_UNPROVED the result is that of `finishSocialLogin` for a verified address: the user's second factor may follow. Each such " +
      "login allows five wrong codes. After that, start a new login.",
  })
  verifyEmailCode(
    @Arg("input", () => VerifyEmailCodeInput, { description: "The login and the code." }) input: VerifyEmailCodeInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    return this.#verify("EMAIL_CODE", input, context);
  }

  @Public()
  @CredentialMutation()
  @Fails("BAD_REQUEST", "FORBIDDEN/LOGIN_DENIED", "INVALID_TOKEN/CHALLENGE_EXPIRED", "RATE_LIMITED")
  @Mutation(() => SendEmailCodePayload, {
    description:
      "Mails another code for a login that waits for one. The first was mailed when the login started, and only the newest is valid. At most once in 30 " +
      "seconds and five times.",
  })
  async sendEmailCode(
    @Arg("input", () => SendEmailCodeInput, { description: "The login." }) { challenge }: SendEmailCodeInput,
    @Ctx() { client }: RequestContext,
  ): Promise<SendEmailCodePayload> {
    const { addressLogins, secondFactors } = this.deps;
    return { sentTo: await (addressLogins.of(challenge) ?? secondFactors).sendEmailCode(challenge, client) };
  }

  @Public()
  @CredentialMutation()
  @Fails("BAD_REQUEST", "FORBIDDEN/LOGIN_DENIED", "INVALID_TOKEN/CHALLENGE_EXPIRED")
  @Mutation(() => StartPasskeyLoginPayload, {
    description:
      "Options for navigator.credentials.get(). With a challenge: for a passkey of that login's user, as its second factor. Without: for any passkey " +
      "of this site, instead of a password, or for reauthenticate. Rejected if that login does not wait for a passkey, or if " +
      "AuthSettings.passkeys is false.",
  })
  startPasskeyLogin(
    @Arg("input", () => StartPasskeyLoginInput, {
      defaultValue: {},
      description: "Omit it to log in without a password.",
    })
    { challenge }: StartPasskeyLoginInput,
  ): Promise<StartPasskeyLoginPayload> {
    return this.deps.passkeyLogin.start(challenge ?? null);
  }

  @Public()
  @CredentialMutation()
  @Fails(
    ...LOGIN_ERRORS,
    "BAD_REQUEST",
    "FORBIDDEN/LOGIN_DENIED",
    "INVALID_CREDENTIALS",
    "INVALID_TOKEN/CHALLENGE_EXPIRED",
  )
  @Mutation(() => LoginResult, {
    description: "Logs in with a passkey, instead of a password or after one. Returns LoginSuccess.",
  })
  async finishPasskeyLogin(
    @Arg("input", () => FinishPasskeyLoginInput, { description: "The response of the browser." })
    input: FinishPasskeyLoginInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    const { challenge, response } = input;
    const request = { challenge, response, ...tokenDeliveryRequest(input, context) };
    const client = nameDevice(context.client, input.deviceName);
    return toLoginResult(await this.deps.passkeyLogin.finish(request, client), context);
  }

  async #verify(factor: CodeFactor, input: VerifyCodeInput, context: RequestContext): Promise<typeof LoginResult> {
    const { addressLogins, secondFactors } = this.deps;
    const login = addressLogins.of(input.challenge) ?? secondFactors;
    return toLoginResult(await login.logIn({ ...input, factor }, context.client), context);
  }
}
