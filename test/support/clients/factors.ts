import { decodeJwt } from "jose";
import { Secret, TOTP } from "otpauth";
import { expect } from "vitest";
import { snapshotOf } from "../factories/database-snapshot.ts";
import { elevate, type SignedInUser } from "../factories/users.ts";
import type { TestApp } from "../servers/app.ts";
import type { GraphQLClient, GraphQLErrorAnswer, UntypedData } from "./graphql.ts";

export { REAUTHENTICATE } from "../factories/users.ts";

/** Selects every field of every step of a login. */
export const LOGIN_RESULT = /* GraphQL */ `
  __typename
  ... on LoginSuccess {
    tokens { accessToken refreshToken }
    user { id email }
    session { id authenticatedWith device { label trusted } }
    mfaRecommended
    deviceToken
    enrolmentTicket
  }
  ... on SecondFactorRequired { challenge factors preferredFactor reason codeSentTo expiresAt }
  ... on LoginConfirmationRequired { challenge number sentTo expiresAt }
`;

const step = (field: string, input: string): string =>
  `mutation ($input: ${input}!) { ${field}(input: $input) { ${LOGIN_RESULT} } }`;

export const LOGIN_STEP = step("login", "LoginInput");
export const VERIFY_TOTP = step("verifyTotp", "VerifyTotpInput");
export const VERIFY_BACKUP_CODE = step("verifyBackupCode", "VerifyBackupCodeInput");
export const VERIFY_EMAIL_CODE = step("verifyEmailCode", "VerifyEmailCodeInput");
export const SEND_EMAIL_CODE =
  "mutation ($challenge: String!) { sendEmailCode(input: { challenge: $challenge }) { sentTo } }";
export const START_PASSKEY_LOGIN =
  "mutation ($challenge: String) { startPasskeyLogin(input: { challenge: $challenge }) { challenge publicKey } }";
export const FINISH_PASSKEY_LOGIN = step("finishPasskeyLogin", "FinishPasskeyLoginInput");
export const ENABLE_TOTP =
  "mutation ($ticket: String) { enableTotp(input: { enrolmentTicket: $ticket }) { secret otpauthUrl qrCode backupCodes } }";
export const CONFIRM_TOTP =
  "mutation ($code: String!) { confirmTotp(input: { code: $code }) { user { mfa { enabled totpEnabled passkeyCount backupCodesLeft preferredFactor } } } }";
export const DISABLE_TOTP =
  "mutation { disableTotp { user { mfa { enabled totpEnabled passkeyCount backupCodesLeft preferredFactor } } } }";
export const REGENERATE_BACKUP_CODES = "mutation { regenerateBackupCodes { backupCodes } }";

const PERIOD = 30_000;

/** An authenticator app that has been set up with a secret. */
export class AuthenticatorApp {
  readonly #totp: TOTP;

  constructor(secret: string) {
    this.#totp = new TOTP({ secret: Secret.fromBase32(secret) });
  }

  /** The code shown at this time; `steps` time steps later, or earlier if negative. */
  code(now: Date, steps = 0): string {
    return this.#totp.generate({ timestamp: now.getTime() + steps * PERIOD });
  }

  /** Six digits that are not a code within an hour of this time. */
  wrongCode(now: Date): string {
    const right = new Set(Array.from({ length: 240 }, (_, index) => this.code(now, index - 120)));
    return (
      Array.from({ length: 1_000 }, (_, index) => String(index).padStart(6, "0")).find((code) => !right.has(code)) ?? ""
    );
  }
}

/** Advances the clock until every current code is outdated. */
export const waitForNewCode = (app: TestApp): void => app.clock.advance(2 * PERIOD);

/** Advances the clock to the start of a time step, so that what follows happens within it. */
export const waitForNextStep = (app: TestApp): void => app.clock.advance(PERIOD - (app.clock.now().getTime() % PERIOD));

/**
 * Turns TOTP on as its owner would, after a step-up with the password if the client is not elevated. This uses a code up: call
 * `waitForNewCode` before the next one.
 */
export const enableTotp = async (
  app: TestApp,
  { client, password }: Pick<SignedInUser, "client"> & Partial<Pick<SignedInUser, "password">>,
): Promise<{ authenticator: AuthenticatorApp; backupCodes: string[] }> => {
  if (password !== undefined && !isElevated(client)) await elevate(client, { password });
  const { enableTotp: shown } = await client.ask(ENABLE_TOTP);
  const authenticator = new AuthenticatorApp(shown.secret);
  await client.ask(CONFIRM_TOTP, { code: authenticator.code(app.clock.now()) });
  return { authenticator, backupCodes: shown.backupCodes };
};

const isElevated = ({ accessToken }: GraphQLClient): boolean => "elevated_until" in decodeJwt(accessToken ?? "");

/**
 * Starts a login with the password.
 * @returns the next step
 */
export const beginLogin = async (
  client: GraphQLClient,
  { email, password }: Pick<SignedInUser, "email" | "password">,
  options: Readonly<Record<string, unknown>> = {},
): Promise<UntypedData> => (await client.ask(LOGIN_STEP, { input: { identifier: email, password, ...options } })).login;

/**
 * Enters the code that a login waits for, and signs the client in.
 * @returns the LoginSuccess
 */
export const finishLogin = async (
  client: GraphQLClient,
  operation: string,
  input: { readonly challenge: string; readonly code: string; readonly trustDevice?: boolean },
): Promise<UntypedData> => {
  const [login] = Object.values<UntypedData>(await client.ask(operation, { input }));
  client.accessToken = login.tokens.accessToken;
  client.refreshToken = login.tokens.refreshToken;
  client.deviceToken = login.deviceToken;
  return login;
};

/**
 * Logs in with the password and the app's next code.
 * @returns the signed-in client and its session
 */
export const logInByTotp = async (
  app: TestApp,
  actor: Pick<SignedInUser, "email" | "password">,
  authenticator: AuthenticatorApp,
  client: GraphQLClient = app.client(),
): Promise<{ client: GraphQLClient; session: UntypedData }> => {
  waitForNewCode(app);
  const { challenge } = await beginLogin(client, actor);
  const code = authenticator.code(app.clock.now());
  const { session } = await finishLogin(client, VERIFY_TOTP, { challenge, code });
  return { client, session };
};

const HISTORY = ["event"];
const IN_PROGRESS = ["login", "mailed code"];

/** The stored state of these users without their history, which also records refusals. */
const holdingsOf = async (app: TestApp, ...people: readonly { readonly id: string }[]): Promise<UntypedData[]> =>
  (await snapshotOf(app, people)).filter(({ kind }) => !HISTORY.includes(String(kind)));

/** The stored state of these users without pending logins: last login, sessions, factors. */
export const accountsOf = async (app: TestApp, ...people: readonly { readonly id: string }[]): Promise<UntypedData[]> =>
  (await holdingsOf(app, ...people)).filter(({ kind }) => !IN_PROGRESS.includes(kind));

/** The refusal of an attempt. It must not have changed any session, factor or pending login. */
export const refusalOf = async (
  app: TestApp,
  person: { readonly id: string },
  attempt: () => Promise<GraphQLErrorAnswer["extensions"]>,
): Promise<GraphQLErrorAnswer["extensions"]> => {
  const before = await holdingsOf(app, person);
  const refusal = await attempt();
  expect(await holdingsOf(app, person)).toEqual(before);
  return refusal;
};

/**
 * Whether a login still waits for its code. The check requests a passkey ceremony, as a client could; the user has no passkey.
 */
export const isWaiting = async (app: TestApp, { challenge }: { readonly challenge: string }): Promise<boolean> => {
  const { code } = await app.client().refused(START_PASSKEY_LOGIN, { challenge });
  expect(["BAD_REQUEST", "INVALID_TOKEN"]).toContain(code);
  return code === "BAD_REQUEST";
};

export const CHALLENGE_EXPIRED = { code: "INVALID_TOKEN", reason: "CHALLENGE_EXPIRED", status: 400 };
