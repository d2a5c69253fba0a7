import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UserId } from "#shared/ids";
import { enableTotp, VERIFY_TOTP, waitForNewCode } from "../../support/clients/factors.ts";
import type { GraphQLClient } from "../../support/clients/graphql.ts";
import {
  authorizeAtProvider,
  countPeople,
  elevateByMail,
  finishSocialLogin,
  linkSocial,
  logInBySocial,
  newProviderUser,
  newUserAgent,
  PROVIDER,
  ProviderUserAgent,
  REDIRECT_URI,
  refusedSocialLogin,
  SOCIAL_ACCOUNTS,
  socialSettings,
  UNLINK_SOCIAL_ACCOUNT,
} from "../../support/clients/social.ts";
import { eventsOf } from "../../support/factories/stored-users.ts";
import { createUser } from "../../support/factories/tenants.ts";
import {
  LOGIN,
  logIn,
  newEmail,
  newPassword,
  REFRESH,
  register,
  type SignedInUser,
} from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { type OidcProvider, startOidcProvider } from "../../support/servers/oidc-provider.ts";

let app: TestApp;
let acme: OidcProvider;
/** Its ID tokens contain only the subject, and it requires client secrets in the body. */
let terse: OidcProvider;
beforeAll(async () => {
  const redirectUris = [REDIRECT_URI];
  [acme, terse] = await Promise.all([
    startOidcProvider({ redirectUris }),
    startOidcProvider({ redirectUris, profileAtUserinfoOnly: true }),
  ]);
  app = await startTestApp({ settings: socialSettings({ [PROVIDER]: acme, terse }) });
});
afterAll(async () => {
  await app?.stop();
  await Promise.all([acme?.stop(), terse?.stop()]);
});

const typesOf = async (id: string) => (await eventsOf(app, { id: id as UserId })).map(({ type }) => type);
const socialAccountsOf = async (client: GraphQLClient) => (await client.ask(SOCIAL_ACCOUNTS)).me.socialAccounts;
const logout = (client: GraphQLClient) => client.ask("mutation { logout { endedSessionId } }");

/** A person who has only an account at the provider. */
const newcomer = async () => {
  const person = newProviderUser(acme);
  const client = newUserAgent(app);
  const login = await logInBySocial(client, person.subject);
  return { ...person, client, id: login.user.id as string, login };
};

describe("a login page", () => {
  it("gets the list of providers", async () => {
    const query = "{ authSettings { socialProviders { id name } } }";
    expect((await app.client().ask(query)).authSettings.socialProviders).toEqual([
      { id: PROVIDER, name: "Acme" },
      { id: "terse", name: "Terse" },
    ]);
  });
});

describe("a person whose address the provider verified", () => {
  it("becomes a user with a verified address, and is signed in", async () => {
    const { client, id, email, name, login } = await newcomer();
    expect(login).toMatchObject({
      user: { email, emailVerified: true, name, status: "ACTIVE" },
      session: { authenticatedWith: ["SOCIAL"] },
      mfaRecommended: true,
    });
    expect((await client.ask("{ me { id } sessions { id current } }")).sessions).toEqual([
      { id: login.session.id, current: true },
    ]);
    expect(await socialAccountsOf(client)).toEqual([{ provider: PROVIDER, email, linkedAt: expect.any(String) }]);
    expect(await typesOf(id)).toEqual(
      expect.arrayContaining(["USER_REGISTERED", "EMAIL_VERIFIED", "SOCIAL_LINKED", "LOGIN_SUCCEEDED"]),
    );
    const { refreshToken } = await client.ask(REFRESH, { token: client.refreshToken });
    expect(refreshToken.tokens.refreshToken).not.toBe(client.refreshToken);
  });

  it("is the same user later, even if address and name change at the provider", async () => {
    const { id, subject, email, name } = await newcomer();
    const moved = newEmail("moved");
    acme.people.set(subject, { email: moved, email_verified: false, name: "Another Name" });
    const client = newUserAgent(app);
    const { user } = await logInBySocial(client, subject);
    expect(user).toMatchObject({ id, email, name });
    expect(await socialAccountsOf(client)).toMatchObject([{ provider: PROVIDER, email: moved }]);
  });

  it("is not the user who had the same address before", async () => {
    const { id, subject, email } = await newcomer();
    acme.people.set(subject, { email: newEmail("moved"), email_verified: true });
    await logInBySocial(newUserAgent(app), subject);
    const successor = newProviderUser(acme, { email });
    // The address still belongs to this user here, who already has an account there.
    const before = await countPeople(app);
    const client = newUserAgent(app);
    const refused = await refusedSocialLogin(client, await authorizeAtProvider(client, successor.subject));
    expect(refused).toMatchObject({ code: "CONFLICT", reason: "EMAIL_TAKEN" });
    expect(await countPeople(app)).toEqual(before);
    expect((await logInBySocial(newUserAgent(app), subject)).user.id).toBe(id);
  });

  it("is a separate user for each provider: the same subject elsewhere is another user", async () => {
    const { id, subject } = await newcomer();
    const email = newEmail("twin");
    terse.people.set(subject, { email, email_verified: true, name: "Twin" });
    const { user } = await logInBySocial(newUserAgent(app), subject, { provider: "terse" });
    expect(user).toMatchObject({ email, name: "Twin" });
    expect(user.id).not.toBe(id);
  });

  it("does not see the provider's login page the second time", async () => {
    const visitor = new ProviderUserAgent();
    const { subject } = newProviderUser(acme);
    const first = await logInBySocial(newUserAgent(app), subject, { visitor });
    const second = await logInBySocial(newUserAgent(app), "nobody", { visitor });
    expect(second.user.id).toBe(first.user.id);
  });
});

describe("a person whose address the provider did not verify", () => {
  it.each([
    ["whose address it has not verified", { email_verified: false }],
    ["with an address of unknown status", {}],
  ])("%s gets no account", async (_, claims) => {
    const subject = `unproved-${newEmail("s")}`;
    acme.people.set(subject, { email: newEmail("unproved"), ...claims });
    const before = await countPeople(app);
    const client = newUserAgent(app);
    const refused = await refusedSocialLogin(client, await authorizeAtProvider(client, subject));
    expect(refused).toMatchObject({ code: "FORBIDDEN", reason: "EMAIL_NOT_VERIFIED" });
    expect(await countPeople(app)).toEqual(before);
  });

  it("gets no account without an address", async () => {
    acme.people.set("nameless", {});
    const before = await countPeople(app);
    const client = newUserAgent(app);
    const refused = await refusedSocialLogin(client, await authorizeAtProvider(client, "nameless"));
    expect(refused).toMatchObject({ code: "FORBIDDEN", reason: "EMAIL_NOT_VERIFIED" });
    expect(await countPeople(app)).toEqual(before);
  });

  it("is not logged in to the account with that address", async () => {
    const victim = await createUser(app);
    const { subject } = newProviderUser(acme, { email: victim.email, email_verified: false });
    const before = await countPeople(app);
    const client = newUserAgent(app);
    const refused = await refusedSocialLogin(client, await authorizeAtProvider(client, subject));
    expect(refused).toMatchObject({ code: "FORBIDDEN", reason: "EMAIL_NOT_VERIFIED" });
    expect(await countPeople(app)).toEqual(before);
    expect(await socialAccountsOf(victim.client)).toEqual([]);
  });
});

describe("a user with a password", () => {
  it("whose address both sides have verified is logged in, and has two ways to log in from then on", async () => {
    const person = await createUser(app, { name: "Paula" });
    const { subject } = newProviderUser(acme, { email: person.email.toUpperCase(), name: "Not Paula" });
    const { user } = await logInBySocial(newUserAgent(app), subject);
    expect(user).toMatchObject({ id: person.id, email: person.email, name: "Paula" });
    expect(await typesOf(person.id)).toContain("SOCIAL_LINKED");
    await logIn(newUserAgent(app), person.email, person.password);
    expect(
      (await app.mail.waitForMail({ to: person.email, subject: "The login methods of your account were changed" }))
        .text,
    ).toContain("Acme");
  });

  it("links an account with another address, and can log in with it", async () => {
    const person = await createUser(app);
    const { subject, email } = newProviderUser(acme, { email_verified: false });
    expect(await linkSocial(person.client, subject)).toMatchObject({
      id: person.id,
      socialAccounts: [{ provider: PROVIDER, email }],
    });
    expect((await logInBySocial(newUserAgent(app), subject)).user).toMatchObject({
      id: person.id,
      email: person.email,
    });
  });

  it("who never verified the address loses earlier credentials to the person the provider verified", async () => {
    const email = newEmail("claimed");
    const password = newPassword();
    await register(app, { email, password, name: "Mallory" });
    const { subject } = newProviderUser(acme, { email, name: "Owner" });
    const { user } = await logInBySocial(newUserAgent(app), subject);
    expect(user).toMatchObject({ email, emailVerified: true, status: "ACTIVE" });
    const input = { identifier: email, password };
    expect(await newUserAgent(app).refused(LOGIN, { input })).toMatchObject({ code: "INVALID_CREDENTIALS" });
  });
});

describe("the second factor", () => {
  it("is required after the provider, as after a password", async () => {
    const { client, id, email, subject } = await newcomer();
    await elevateByMail(app, { client, email });
    const { authenticator } = await enableTotp(app, { client });
    await logout(client);
    const back = newUserAgent(app);
    const before = await countPeople(app);
    const step = await finishSocialLogin(back, await authorizeAtProvider(back, subject));
    expect(step).toMatchObject({
      __typename: "SecondFactorRequired",
      reason: "SECOND_FACTOR_ENABLED",
      preferredFactor: "TOTP",
    });
    expect((await countPeople(app)).sessions).toBe(before.sessions);
    waitForNewCode(app);
    const input = { challenge: step.challenge, code: authenticator.code(app.clock.now()) };
    expect((await back.ask(VERIFY_TOTP, { input })).verifyTotp).toMatchObject({
      __typename: "LoginSuccess",
      user: { id },
      session: { authenticatedWith: ["SOCIAL", "TOTP"] },
    });
  });
});

describe("unlinking", () => {
  const unlink = (client: GraphQLClient) => client.ask(UNLINK_SOCIAL_ACCOUNT, { provider: PROVIDER });

  it("ends the sessions that were opened with it, and it no longer logs in", async () => {
    const person: SignedInUser = await createUser(app);
    const { subject } = newProviderUser(acme);
    await linkSocial(person.client, subject);
    const bySocial = newUserAgent(app);
    await logInBySocial(bySocial, subject);
    expect((await unlink(person.client)).unlinkSocialAccount.user).toEqual({ id: person.id, socialAccounts: [] });

    expect(await bySocial.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    expect((await bySocial.refused(REFRESH, { token: bySocial.refreshToken })).code).toBe("INVALID_REFRESH_TOKEN");
    expect((await person.client.ask("{ me { id } }")).me.id).toBe(person.id);
    expect(await typesOf(person.id)).toContain("SOCIAL_UNLINKED");
    expect((await logInBySocial(newUserAgent(app), subject)).user.id).not.toBe(person.id);
  });

  it("is refused for the only way to log in, until there is a password", async () => {
    const { client, email, id } = await newcomer();
    await elevateByMail(app, { client, email });
    const before = await countPeople(app);
    expect(await client.refused(UNLINK_SOCIAL_ACCOUNT, { provider: PROVIDER })).toMatchObject({
      code: "BAD_REQUEST",
      reason: "LAST_LOGIN_METHOD",
    });
    expect(await countPeople(app)).toEqual(before);
    expect(await socialAccountsOf(client)).toHaveLength(1);

    const newPass = newPassword();
    await client.ask(
      "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }",
      {
        input: { newPassword: newPass, logout: "NONE" },
      },
    );
    const { me } = await client.ask("{ me { email } }");
    await unlink(client).catch(async (error: unknown) => {
      throw new Error("There is a password now", { cause: error });
    });
    expect((await logIn(newUserAgent(app), me.email, newPass)).user.id).toBe(id);
  });
});

describe("a user without a password", () => {
  it("gets a specific reason when a password would be required", async () => {
    const { client, id } = await newcomer();
    const noPassword = { code: "BAD_REQUEST", reason: "NO_PASSWORD_SET" };
    const rename = "mutation ($input: ChangeUsernameInput!) { changeUsername(input: $input) { user { id } } }";
    const input = { username: `sofia-${id.slice(-6)}`, password: newPassword() };
    expect(await client.refused(rename, { input })).toMatchObject(noPassword);
    const leave = "mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { __typename } }";
    expect(await client.refused(leave, { input: { password: newPassword() } })).toMatchObject(noPassword);
    expect((await client.ask("{ me { id username } }")).me).toEqual({ id, username: null });
  });
});

describe("a provider that returns the profile only at /userinfo", () => {
  it("is requested there", async () => {
    const { subject, email, name } = newProviderUser(terse);
    const { user } = await logInBySocial(newUserAgent(app), subject, { provider: "terse" });
    expect(user).toMatchObject({ email, emailVerified: true, name });
    expect(terse.requests).toContain("GET /me");
  });
});
