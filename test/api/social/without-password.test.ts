import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MINUTE } from "#shared/durations";
import type { UserId } from "#shared/ids";
import { enableTotp, waitForNewCode } from "../../support/clients/factors.ts";
import type { GraphQLClient } from "../../support/clients/graphql.ts";
import {
  authorizeAtProvider,
  LINK_SOCIAL_ACCOUNT,
  logInBySocial,
  newProviderUser,
  newUserAgent,
  PROVIDER,
  REDIRECT_URI,
  socialSettings,
  UNLINK_SOCIAL_ACCOUNT,
} from "../../support/clients/social.ts";
import { snapshotOf } from "../../support/factories/database-snapshot.ts";
import { elevate, LOGIN, logIn, newPassword, REFRESH, resetPassword } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { type OidcProvider, startOidcProvider } from "../../support/servers/oidc-provider.ts";

/** What a user can do who registered through a provider and has no other credential. */

let app: TestApp;
let acme: OidcProvider;
beforeAll(async () => {
  acme = await startOidcProvider({ redirectUris: [REDIRECT_URI] });
  app = await startTestApp({ settings: socialSettings({ [PROVIDER]: acme }) });
});
afterAll(async () => {
  await app?.stop();
  await acme?.stop();
});

const CHANGE_PASSWORD =
  "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }";
const DELETE_ACCOUNT = "mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { deletedUserId } }";
const CHANGE_USERNAME =
  "mutation ($input: ChangeUsernameInput!) { changeUsername(input: $input) { user { username } } }";
const SEND_CODE = "mutation { sendReauthenticationCode { sentTo } }";
const REQUIRED = { code: "REAUTHENTICATION_REQUIRED", status: 403 };

const newcomer = async () => {
  const person = newProviderUser(acme);
  const client = newUserAgent(app);
  const { user } = await logInBySocial(client, person.subject);
  return { ...person, client, id: user.id as UserId };
};

/** Advances the clock by eleven minutes, after which the session's proofs are no longer fresh. */
const growStale = async (client: GraphQLClient): Promise<void> => {
  app.clock.advance(11 * MINUTE);
  const { refreshToken } = await client.ask(REFRESH, { token: client.refreshToken });
  client.accessToken = refreshToken.tokens.accessToken;
  client.refreshToken = refreshToken.tokens.refreshToken;
};

const proveByMail = async ({ client, email }: { readonly client: GraphQLClient; readonly email: string }) => {
  await client.ask(SEND_CODE);
  const { subject } = await app.mail.waitForMail({ to: email, subject: /\d{6}/ });
  const emailCode = /\d{6}/.exec(subject ?? "")?.[0];
  return elevate(client, { emailCode });
};

describe("a first password", () => {
  it("is set after a step-up, and can be used to log in from then on", async () => {
    const person = await newcomer();
    const password = newPassword();
    await proveByMail(person);
    await person.client.ask(CHANGE_PASSWORD, { input: { newPassword: password, logout: "NONE" } });
    expect((await person.client.ask("{ me { hasPassword } }")).me.hasPassword).toBe(true);
    expect((await logIn(newUserAgent(app), person.email, password)).user.id).toBe(person.id);
    expect((await logInBySocial(newUserAgent(app), person.subject)).user.id).toBe(person.id);
    // From now on the current one is required.
    const input = { newPassword: newPassword(), logout: "NONE" };
    expect(await person.client.refused(CHANGE_PASSWORD, { input })).toMatchObject({ code: "BAD_USER_INPUT" });
  });

  it("requires a step-up, however recent the login is: a mailed code, if the user has no other credential", async () => {
    const person = await newcomer();
    const input = { newPassword: newPassword(), logout: "NONE" };
    const before = await snapshotOf(app, [person]);
    expect(await person.client.refused(CHANGE_PASSWORD, { input })).toMatchObject(REQUIRED);
    expect(await snapshotOf(app, [person])).toEqual(before);
    expect(await proveByMail(person)).toMatchObject({ authenticatedWith: ["SOCIAL", "EMAIL_CODE"] });
    await person.client.ask(CHANGE_PASSWORD, { input });
    expect((await logIn(newUserAgent(app), person.email, input.newPassword)).user.id).toBe(person.id);
  });

  it("may also be set with a mailed link, as if a password had been forgotten", async () => {
    const person = await newcomer();
    const password = newPassword();
    await resetPassword(app, person, password);
    expect(await person.client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    expect((await logIn(newUserAgent(app), person.email, password)).user.id).toBe(person.id);
  });
});

describe("without a password", () => {
  it("no password logs in, and the response is that of a wrong one", async () => {
    const { email } = await newcomer();
    const input = { identifier: email, password: "" };
    for (const password of ["", "null", newPassword()])
      expect(await newUserAgent(app).refused(LOGIN, { input: { ...input, password } })).toMatchObject({
        code: "INVALID_CREDENTIALS",
      });
  });

  it("nothing is renamed or deleted if a password proof is required, and both work once there is one", async () => {
    const person = await newcomer();
    const password = newPassword();
    const username = `sofia-${person.id.slice(-6)}`;
    const before = await snapshotOf(app, [person]);
    const none = { code: "BAD_REQUEST", reason: "NO_PASSWORD_SET" };
    expect(await person.client.refused(CHANGE_USERNAME, { input: { username, password } })).toMatchObject(none);
    expect(await person.client.refused(DELETE_ACCOUNT, { input: { password } })).toMatchObject(none);
    expect(await snapshotOf(app, [person])).toEqual(before);

    // A step-up replaces the missing password.
    await proveByMail(person);
    const elevated = await person.client.ask(CHANGE_USERNAME, { input: { username: `${username}x` } });
    expect(elevated.changeUsername.user).toEqual({ username: `${username}x` });
    await person.client.ask(CHANGE_PASSWORD, { input: { newPassword: password, logout: "NONE" } });
    expect(await person.client.refused(DELETE_ACCOUNT, { input: {} })).toMatchObject({ reason: "INCORRECT_PASSWORD" });
    const renamed = await person.client.ask(CHANGE_USERNAME, { input: { username, password } });
    expect(renamed.changeUsername.user).toEqual({ username });
    await person.client.ask(DELETE_ACCOUNT, { input: { password } });
    expect((await snapshotOf(app, [person])).filter(({ kind }) => kind !== "event")).toEqual([]);
    // The person who comes back is a new user.
    expect((await logInBySocial(newUserAgent(app), person.subject)).user.id).not.toBe(person.id);
  });

  it("the account is deleted after a step-up", async () => {
    const person = await newcomer();
    await proveByMail(person);
    await person.client.ask(DELETE_ACCOUNT, { input: {} });
    expect((await snapshotOf(app, [person])).filter(({ kind }) => kind !== "event")).toEqual([]);
  });

  it("a second factor is turned on, and proves what a mailed code no longer can", async () => {
    const person = await newcomer();
    await proveByMail(person);
    const { authenticator } = await enableTotp(app, person);
    await growStale(person.client);
    const { code } = await person.client.refused(SEND_CODE);
    expect(code).toBe("BAD_REQUEST");
    waitForNewCode(app);
    const input = { totpCode: authenticator.code(app.clock.now()) };
    expect((await elevate(person.client, input)).authenticatedWith).toContain("TOTP");
  });
});

describe("a session without a proof in the last eleven minutes", () => {
  it("neither links nor unlinks an account, and does not use up the authorization request", async () => {
    const person = await newcomer();
    const other = newProviderUser(acme);
    await growStale(person.client);
    const callback = await authorizeAtProvider(person.client, other.subject);
    const before = await snapshotOf(app, [person]);
    expect(await person.client.refused(LINK_SOCIAL_ACCOUNT, { input: callback })).toMatchObject(REQUIRED);
    expect(await person.client.refused(UNLINK_SOCIAL_ACCOUNT, { provider: PROVIDER })).toMatchObject(REQUIRED);
    expect(await snapshotOf(app, [person])).toEqual(before);
    await proveByMail(person);
    // The user's own account is linked, so this one is not; but the authorization request was still valid.
    expect(await person.client.refused(LINK_SOCIAL_ACCOUNT, { input: callback })).toMatchObject({
      reason: "SOCIAL_ACCOUNT_TAKEN",
    });
  });
});
