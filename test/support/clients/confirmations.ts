import { expect } from "vitest";
import type { Tenant } from "#features/tenants/index";
import type { Role } from "#shared/roles";
import { addressIn } from "../factories/places.ts";
import { addUser } from "../factories/tenants.ts";
import { elevate, logIn, newAddress, newPassword, type SignedInUser, tokenIn } from "../factories/users.ts";
import type { TestApp } from "../servers/app.ts";
import { beginLogin, LOGIN_RESULT } from "./factors.ts";
import type { GraphQLClient, UntypedData } from "./graphql.ts";

export const PENDING_LOGIN =
  "mutation ($challenge: String!) { checkPendingLogin(input: { challenge: $challenge }) { pendingLogin { status expiresAt } } }";
export const CHECK_LOGIN_LINK =
  "mutation ($token: String!) { checkLoginLink(input: { token: $token }) { login { device ipAddress location { label } startedAt } } }";
export const RESUME_LOGIN = `mutation ($challenge: String!) { resumeLogin(input: { challenge: $challenge }) { ${LOGIN_RESULT} } }`;
export const CONFIRM_LOGIN = /* GraphQL */ `
  mutation ($token: String!, $number: String!, $trustDevice: Boolean) {
    confirmLogin(input: { token: $token, number: $number, trustDevice: $trustDevice }) { device { label trusted } location { label } }
  }
`;
export const DENY_LOGIN =
  "mutation ($token: String!) { denyLogin(input: { token: $token }) { endedSessionIds passwordResetRequired } }";

export const NEW_DEVICE_MAIL = "A new device was used to log in";

/** The program as it is reached from this address; a client may override it with another one. */
export const seenFrom = (app: TestApp, address: string): TestApp => ({
  ...app,
  client: (headers) => app.client({ "x-forwarded-for": address, ...headers }),
});

/**
 * A user of this tenant with these roles and an elevated token, who has logged in through the API, because the risk of their next
 * logins is based on that.
 */
export const employLoggedIn = async (
  app: TestApp,
  tenant: Tenant,
  ...roles: readonly Exclude<Role, "USER" | "OPERATOR">[]
): Promise<SignedInUser> => {
  const password = newPassword();
  const { id, email } = await addUser(app, tenant, { roles: ["USER", ...roles], password });
  const client = app.client();
  const { session } = await logIn(client, email, password);
  await elevate(client, { password });
  return { id, email, password, client, sessionId: session.id };
};

/** The same, for a user at home in Kuala Lumpur. */
export const userWithHistory: typeof employLoggedIn = (app, ...person) =>
  employLoggedIn(seenFrom(app, addressIn("Kuala Lumpur, Malaysia", app.app.geoip)), ...person);

/** A login that waits for its user to confirm it by mail. */
export interface WaitingLogin {
  /** The client that started the login. */
  readonly client: GraphQLClient;
  readonly challenge: string;
  /** The number that this client displays. */
  readonly number: string;
  /** The token of the link in the mail. */
  readonly token: string;
}

/** Starts a login of a resident on a new device at an unknown location, and reads the confirmation mail. */
export const waitingLogin = async (
  app: TestApp,
  person: Pick<SignedInUser, "email" | "password">,
  options: Readonly<Record<string, unknown>> = {},
  address = newAddress(),
): Promise<WaitingLogin> => {
  const client = app.client({ "x-forwarded-for": address });
  const step = await beginLogin(client, person, options);
  expect(step).toMatchObject({ __typename: "LoginConfirmationRequired" });
  const { challenge, number } = step;
  return { client, challenge, number, token: await confirmationToken(app, person) };
};

/** The input that confirms this login. */
export const answerTo = ({ token, number }: Pick<WaitingLogin, "token" | "number">) => ({ token, number });

/** A number that is not the login's. */
export const wrongNumber = ({ number }: Pick<WaitingLogin, "number">): string =>
  number === "99" ? "10" : `${+number + 1}`;

/** The token of this user's oldest unread mail about a new device. */
export const denialToken = async (app: TestApp, { email }: Pick<SignedInUser, "email">): Promise<string> =>
  tokenIn(await app.mail.waitForMail({ to: email, subject: NEW_DEVICE_MAIL }));

/** The token of this user's oldest unread mail that asks about a login. */
export const confirmationToken = async (app: TestApp, { email }: Pick<SignedInUser, "email">): Promise<string> =>
  tokenIn(await app.mail.waitForMail({ to: email, subject: /^Was that you/ }));

/** The status of the login. */
export const statusOf = async (app: TestApp, { challenge }: Pick<WaitingLogin, "challenge">): Promise<string> =>
  (await app.client().ask(PENDING_LOGIN, { challenge })).checkPendingLogin.pendingLogin.status;

/**
 * Finishes a confirmed login and signs the client in.
 * @returns the LoginSuccess
 */
export const resumeLogin = async (client: GraphQLClient, challenge: string): Promise<UntypedData> => {
  const { resumeLogin: login } = await client.ask(RESUME_LOGIN, { challenge });
  return signIn(client, login);
};

/**
 * Logs in, and confirms the login by mail if it is unusual. Signs the client in.
 * @returns the LoginSuccess
 */
export const logInConfirming = async (
  app: TestApp,
  client: GraphQLClient,
  person: Pick<SignedInUser, "email" | "password">,
  options: Readonly<Record<string, unknown>> = {},
): Promise<UntypedData> => {
  const step = await beginLogin(client, person, options);
  if (step.__typename === "LoginSuccess") return signIn(client, step);
  await app.client().ask(CONFIRM_LOGIN, { token: await confirmationToken(app, person), number: step.number });
  return resumeLogin(client, step.challenge);
};

const signIn = (client: GraphQLClient, login: UntypedData): UntypedData => {
  expect(login).toMatchObject({ __typename: "LoginSuccess" });
  client.accessToken = login.tokens.accessToken;
  client.refreshToken = login.tokens.refreshToken;
  client.deviceToken = login.deviceToken;
  return login;
};
