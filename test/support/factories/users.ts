import { randomBytes, randomInt } from "node:crypto";
import { insertRoleGrants, updateUser } from "#features/users/index";
import type { UserId } from "#shared/ids";
import type { Role } from "#shared/roles";
import type { GraphQLClient, UntypedData } from "../clients/graphql.ts";
import { memberWith, present } from "../clients/narrow.ts";
import type { TestApp } from "../servers/app.ts";
import { linkIn, linkTokenOf } from "../servers/smtp.ts";

/** Strong, and different each time. */
export const newPassword = (): string => `correct ${randomBytes(9).toString("base64url")} staple`;

export const newEmail = (name = "user"): string => `${name}-${randomBytes(5).toString("hex")}@example.com`;

/** An address that no other client has, in its canonical form: no group of it begins with a zero. */
export const newAddress = (): string => {
  const group = () => randomInt(0x1000, 0x10000).toString(16);
  return `2001:db8:${group()}:${group()}::1`;
};

/** The program, in this process or another: reached over HTTP, and by the mail it sends. */
export type Served = Pick<TestApp, "client" | "mail">;

/** A person with an account and a signed-in client. */
export interface SignedInUser {
  readonly id: string;
  readonly email: string;
  password: string;
  readonly client: GraphQLClient;
  readonly sessionId: string;
}

export const LOGIN = /* GraphQL */ `
  mutation Login($input: LoginInput!) {
    login(input: $input) {
      __typename
      ... on LoginSuccess {
        tokens { accessToken refreshToken tokenType expiresIn refreshExpiresAt }
        user { id email }
        session { id }
        mfaRecommended
        deviceToken
      }
    }
  }
`;

export const REFRESH =
  "mutation ($token: String!) { refreshToken(input: { refreshToken: $token }) { tokens { accessToken refreshToken } } }";

export interface LoginOptions {
  readonly transport?: "BODY" | "COOKIE";
  readonly deviceToken?: string;
  readonly deviceName?: string;
}

/**
 * Logs a client in and signs it in.
 * @returns the LoginSuccess
 */
export const logIn = async (
  client: GraphQLClient,
  identifier: string,
  password: string,
  options: LoginOptions = {},
): Promise<UntypedData> => {
  const answer = await client.ask(LOGIN, { input: { identifier, password, ...options } });
  const login = memberWith("tokens", answer.login);
  client.accessToken = login.tokens.accessToken;
  client.refreshToken = login.tokens.refreshToken;
  client.deviceToken = login.deviceToken;
  return login;
};

export const REAUTHENTICATE = `mutation ($input: ReauthenticateInput!) {
  reauthenticate(input: $input) { accessToken expiresIn elevatedUntil session { id authenticatedWith } }
}`;

/**
 * Steps up: from now on the client sends the elevated access token, until it refreshes. `proof` is the input of `reauthenticate`.
 * @returns the session
 */
export const elevate = async (
  client: GraphQLClient,
  proof: Readonly<Record<string, unknown>>,
): Promise<UntypedData> => {
  const { reauthenticate } = await client.ask(REAUTHENTICATE, { input: proof });
  client.accessToken = reauthenticate.accessToken;
  return reauthenticate.session;
};

/** Sent to a free address, or to a taken one. */
const REGISTRATION_MAIL = /^(Confirm your e-mail address|You already have an account)$/;

/**
 * Registers a user through the API, up to the mail.
 * @returns the token of its link
 */
export const register = async (
  app: Served,
  input: { email: string; password: string; username?: string; name?: string },
): Promise<string> => {
  // From a new address, because one address can register ten an hour.
  const visitor = app.client({ "x-forwarded-for": newAddress() });
  const { register: registered } = await visitor.ask(REGISTER, { input });
  const mail = await app.mail.waitForMail({ to: input.email, subject: REGISTRATION_MAIL });
  // The owner of a taken address gets no link.
  if (!mail.text?.includes("token=")) return "";
  const token = tokenIn(mail);
  keepChallenge(token, present(registered.challenge));
  return token;
};

export const REGISTER = "mutation ($input: RegisterInput!) { register(input: $input) { next challenge } }";

/** The challenges of the clients that registered, by the token that was mailed for them. */
const challenges = new Map<string, string>();

/** Stores the challenge of a client that registered. */
export const keepChallenge = (token: string, challenge: string): void => {
  challenges.set(token, challenge);
};

/** The challenge of the client that registered, by the token that was mailed for it. */
export const challengeOf = (token: string): string | null => challenges.get(token) ?? null;

export const VERIFY = /* GraphQL */ `
  mutation Verify($input: VerifyEmailInput!) {
    verifyEmail(input: $input) {
      __typename
      ... on LoginSuccess {
        tokens { accessToken refreshToken }
        user { id email emailVerified username name status memberships { roles { name } } hasPassword tenant { id } }
        session { id authenticatedWith }
        mfaRecommended
        deviceToken
      }
    }
  }
`;

export interface VerifyOptions {
  readonly challenge?: string | null;
  readonly password?: string;
  readonly name?: string;
  readonly username?: string;
}

/**
 * Follows the link in the client that registered, and signs it in.
 * @returns the LoginSuccess
 */
export const verify = async (
  client: GraphQLClient,
  token: string,
  options: VerifyOptions = {},
): Promise<UntypedData> => {
  const answer = await client.ask(VERIFY, { input: { token, challenge: challengeOf(token), ...options } });
  const verifyEmail = memberWith("tokens", answer.verifyEmail);
  client.accessToken = verifyEmail.tokens.accessToken;
  client.refreshToken = verifyEmail.tokens.refreshToken;
  client.deviceToken = verifyEmail.deviceToken;
  return verifyEmail;
};

/** Sets another password with a mailed link, like a user who has forgotten the old one. */
export const resetPassword = async (
  app: Served,
  { email }: Pick<SignedInUser, "email">,
  password: string,
): Promise<void> => {
  const visitor = app.client({ "x-forwarded-for": newAddress() });
  const request = "mutation ($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }";
  await visitor.ask(request, { email });
  const token = tokenIn(await app.mail.waitForMail({ to: email, subject: "Choose a new password" }));
  const reset = "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }";
  await visitor.ask(reset, { input: { token, newPassword: password } });
};

/** The token of the link in a mail. */
export const tokenIn = (mail: Parameters<typeof linkIn>[0]): string => linkTokenOf(linkIn(mail));

/** A user with a verified account, logged in and, by default, stepped up, all through the API. */
export const signUp = async (
  app: Served,
  { elevated = true, ...given }: { name?: string; username?: string; elevated?: boolean } = {},
): Promise<SignedInUser> => {
  const { name = "alice", username } = given;
  const email = newEmail(name);
  const password = newPassword();
  const token = await register(app, { email, password, name, ...(username && { username }) });
  const client = app.client();
  const login = await verify(client, token);
  if (elevated) await elevate(client, { password });
  return { id: login.user.id, email, password, client, sessionId: login.session.id };
};

/**
 * Grants roles to a signed-in user, whose session continues with new, elevated tokens. This way, operators need no second factor,
 * which their logins would require.
 */
export const promote = async (
  app: TestApp,
  { id, client, password }: Pick<SignedInUser, "id" | "client" | "password">,
  ...roles: readonly Exclude<Role, "USER">[]
): Promise<void> => {
  await grantRole(app, id, ...roles);
  const { tokens } = (await client.ask(REFRESH, { token: client.refreshToken })).refreshToken;
  client.accessToken = tokens.accessToken;
  client.refreshToken = tokens.refreshToken;
  await elevate(client, { password });
};

/** Grants roles directly in the database, like the first ones. */
export const grantRole = async (
  app: TestApp,
  userId: string,
  ...roles: readonly Exclude<Role, "USER">[]
): Promise<void> => {
  const id = userId as UserId;
  await app.app.sessions.withSessionInvalidation(id, async (tx) => {
    const user = await updateUser(tx, id, { roles: ["USER", ...roles] });
    if (user) await insertRoleGrants(tx, [{ user, roles, by: { userId: null } }], app.clock.now());
  });
};
