import { Secret, TOTP } from "otpauth";
import type { Actor } from "./actors.ts";
import type { TestApp } from "./app.ts";
import type { GraphQLClient, Loose } from "./graphql.ts";

/** Selects all that a step of a login may answer. */
export const LOGIN_RESULT = /* GraphQL */ `
  __typename
  ... on LoginSuccess {
    tokens { accessToken refreshToken }
    user { id email }
    session { id authenticatedWith device { label trusted } }
    mfaRecommended
    deviceToken
  }
  ... on SecondFactorRequired { challenge factors preferredFactor reason sentTo expiresAt }
`;

const step = (field: string, input: string): string =>
  `mutation ($input: ${input}!) { ${field}(input: $input) { ${LOGIN_RESULT} } }`;

export const LOGIN_STEP = step("login", "LoginInput");
export const VERIFY_TOTP = step("verifyTotp", "VerifyCodeInput");
export const VERIFY_BACKUP_CODE = step("verifyBackupCode", "VerifyCodeInput");
export const VERIFY_EMAIL_CODE = step("verifyEmailCode", "VerifyCodeInput");
export const SEND_EMAIL_CODE = "mutation ($challenge: String!) { sendEmailCode(challenge: $challenge) { accepted } }";
export const START_PASSKEY_LOGIN =
  "mutation ($challenge: String) { startPasskeyLogin(challenge: $challenge) { challenge publicKey } }";
export const FINISH_PASSKEY_LOGIN = step("finishPasskeyLogin", "FinishPasskeyLoginInput");
export const REAUTHENTICATE =
  "mutation ($input: ReauthenticateInput!) { reauthenticate(input: $input) { id authenticatedWith } }";

const PERIOD = 30_000;

/** An authenticator app that somebody has put a secret into. */
export class AuthenticatorApp {
  readonly #totp: TOTP;

  constructor(secret: string) {
    this.#totp = new TOTP({ secret: Secret.fromBase32(secret) });
  }

  /** The code shown at this instant; `steps` later, or earlier where negative. */
  code(now: Date, steps = 0): string {
    return this.#totp.generate({ timestamp: now.getTime() + steps * PERIOD });
  }

  /** Six digits that are no code of this hour. */
  wrongCode(now: Date): string {
    const right = new Set(Array.from({ length: 240 }, (_, index) => this.code(now, index - 120)));
    return (
      Array.from({ length: 1_000 }, (_, index) => String(index).padStart(6, "0")).find((code) => !right.has(code)) ?? ""
    );
  }
}

/** Moves the clock on to where every code of this moment is one of the past. */
export const waitForNewCode = (app: TestApp): void => app.clock.advance(2 * PERIOD);

/** Turns TOTP on, as its owner would. The code it took is used up: `waitForNewCode` before the next one. */
export const enableTotp = async (
  app: TestApp,
  { client }: Pick<Actor, "client">,
): Promise<{ authenticator: AuthenticatorApp; backupCodes: string[] }> => {
  const { enableTotp: shown } = await client.ask("mutation { enableTotp { secret backupCodes } }");
  const authenticator = new AuthenticatorApp(shown.secret);
  const code = authenticator.code(app.clock.now());
  await client.ask("mutation ($code: String!) { confirmTotp(code: $code) { mfa { enabled } } }", { code });
  return { authenticator, backupCodes: shown.backupCodes };
};

/** Logs in as far as the password goes, and answers what comes next. */
export const beginLogin = async (
  client: GraphQLClient,
  { email, password }: Pick<Actor, "email" | "password">,
  options: Readonly<Record<string, unknown>> = {},
): Promise<Loose> => (await client.ask(LOGIN_STEP, { input: { identifier: email, password, ...options } })).login;
