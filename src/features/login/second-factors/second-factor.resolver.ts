import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { nameDevice } from "#features/devices/index";
import { ProvesCredential, Public } from "#platform/schema/access";
import type { RequestContext } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import type { PasskeyLogin } from "../first-factors/passkey/passkey-login.service.ts";
import { LoginResult } from "../flow/login.graphql.ts";
import { LOGIN_ERRORS } from "../flow/login-errors.ts";
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

const TRIES =
  "Returns LoginSuccess. After five wrong codes, over all logins, the factor is locked for `retryAfter` seconds; an input that cannot be a " +
  "code does not count.";

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

/** The steps of a login that has begun, and logging in by a passkey alone. */
@Resolver()
export class SecondFactorResolver {
  constructor(private readonly deps: SecondFactorServices) {}

  @Public()
  @ProvesCredential()
  @Fails(...SECOND_FACTOR_ERRORS)
  @Mutation(() => LoginResult, { description: `Finishes a login with a code from an authenticator app. ${TRIES}` })
  verifyTotp(
    @Arg("input", () => VerifyTotpInput, { description: "The login and the code." }) input: VerifyTotpInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    return this.#verify("TOTP", input, context);
  }

  @Public()
  @ProvesCredential()
  @Fails(...SECOND_FACTOR_ERRORS)
  @Mutation(() => LoginResult, {
    description: `Finishes a login with a backup code, which is used up by it. Case, spaces and hyphens do not matter. ${TRIES}`,
  })
  verifyBackupCode(
    @Arg("input", () => VerifyBackupCodeInput, { description: "The login and the code." }) input: VerifyBackupCodeInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    return this.#verify("BACKUP_CODE", input, context);
  }

  @Public()
  @ProvesCredential()
  @Fails(...SECOND_FACTOR_ERRORS, "CONFLICT/EMAIL_TAKEN", "FORBIDDEN", "FORBIDDEN/APPROVAL_PENDING", "NOT_FOUND")
  @Mutation(() => LoginResult, {
    description:
      `Finishes a login with a code that was mailed. ${TRIES} ` +
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
  @Fails("BAD_REQUEST", "FORBIDDEN/LOGIN_DENIED", "INVALID_TOKEN/CHALLENGE_EXPIRED", "RATE_LIMITED")
  @Mutation(() => SendEmailCodePayload, {
    description:
      "Mails another code for a login that waits for one; the first was mailed when the login began, and only the newest counts. At most once in 30 " +
      "seconds and five times.",
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
  @Fails("BAD_REQUEST", "FORBIDDEN/LOGIN_DENIED", "INVALID_TOKEN/CHALLENGE_EXPIRED")
  @Mutation(() => StartPasskeyLoginPayload, {
    description:
      "Options for navigator.credentials.get(). With a challenge: a passkey of that login's user, as its second factor. Without: any passkey " +
      "for this site, in place of a password, or for reauthenticate. Refused if that login does not wait for a passkey, or " +
      "AuthSettings.passkeys is false.",
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
  @Fails(
    ...LOGIN_ERRORS,
    "BAD_REQUEST",
    "FORBIDDEN/LOGIN_DENIED",
    "INVALID_CREDENTIALS",
    "INVALID_TOKEN/CHALLENGE_EXPIRED",
  )
  @Mutation(() => LoginResult, {
    description: "Logs in with a passkey, in place of a password or after one: returns LoginSuccess.",
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
