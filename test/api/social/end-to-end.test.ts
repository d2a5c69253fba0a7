import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UserId } from "#shared/ids";
import { enableTotp, VERIFY_TOTP, waitForNewCode } from "../../support/clients/factors.ts";
import type { GraphQLClient } from "../../support/clients/graphql.ts";
import {
  countPeople,
  elevateByMail,
  finishSocialLogin,
  linkSocial,
  logInBySocial,
  newPersonAt,
  newVisitor,
  PROVIDER,
  ProviderVisitor,
  REDIRECT_URI,
  refusedSocialLogin,
  SOCIAL_ACCOUNTS,
  socialSettings,
  UNLINK_SOCIAL_ACCOUNT,
  visitProvider,
} from "../../support/clients/social.ts";
import { type Actor, LOGIN, logIn, newEmail, newPassword, REFRESH, register } from "../../support/factories/actors.ts";
import { newActor } from "../../support/factories/companies.ts";
import { eventsOf } from "../../support/factories/people.ts";
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
  const person = newPersonAt(acme);
  const client = newVisitor(app);
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
    const client = newVisitor(app);
    const { user } = await logInBySocial(client, subject);
    expect(user).toMatchObject({ id, email, name });
    expect(await socialAccountsOf(client)).toMatchObject([{ provider: PROVIDER, email: moved }]);
  });

  it("is not the user who had the same address before", async () => {
    const { id, subject, email } = await newcomer();
    acme.people.set(subject, { email: newEmail("moved"), email_verified: true });
    await logInBySocial(newVisitor(app), subject);
    const successor = newPersonAt(acme, { email });
    // The address still belongs to this user here, who already has an account there.
    const before = await countPeople(app);
    const client = newVisitor(app);
    const refused = await refusedSocialLogin(client, await visitProvider(client, successor.subject));
    expect(refused).toMatchObject({ code: "CONFLICT", reason: "EMAIL_TAKEN" });
    expect(await countPeople(app)).toEqual(before);
    expect((await logInBySocial(newVisitor(app), subject)).user.id).toBe(id);
  });

  it("is a separate user for each provider: the same subject elsewhere is another user", async () => {
    const { id, subject } = await newcomer();
    const email = newEmail("twin");
    terse.people.set(subject, { email, email_verified: true, name: "Twin" });
    const { user } = await logInBySocial(newVisitor(app), subject, { provider: "terse" });
    expect(user).toMatchObject({ email, name: "Twin" });
    expect(user.id).not.toBe(id);
  });

  it("does not see the provider's login page the second time", async () => {
    const visitor = new ProviderVisitor();
    const { subject } = newPersonAt(acme);
    const first = await logInBySocial(newVisitor(app), subject, { visitor });
    const second = await logInBySocial(newVisitor(app), "nobody", { visitor });
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
    const client = newVisitor(app);
    const refused = await refusedSocialLogin(client, await visitProvider(client, subject));
    expect(refused).toMatchObject({ code: "FORBIDDEN", reason: "EMAIL_NOT_VERIFIED" });
    expect(await countPeople(app)).toEqual(before);
  });

  it("gets no account without an address", async () => {
    acme.people.set("nameless", {});
    const before = await countPeople(app);
    const client = newVisitor(app);
    const refused = await refusedSocialLogin(client, await visitProvider(client, "nameless"));
    expect(refused).toMatchObject({ code: "FORBIDDEN", reason: "EMAIL_NOT_VERIFIED" });
    expect(await countPeople(app)).toEqual(before);
  });

  it("is not logged in to the account with that address", async () => {
    const victim = await newActor(app);
    const { subject } = newPersonAt(acme, { email: victim.email, email_verified: false });
    const before = await countPeople(app);
    const client = newVisitor(app);
    const refused = await refusedSocialLogin(client, await visitProvider(client, subject));
    expect(refused).toMatchObject({ code: "FORBIDDEN", reason: "EMAIL_NOT_VERIFIED" });
    expect(await countPeople(app)).toEqual(before);
    expect(await socialAccountsOf(victim.client)).toEqual([]);
  });
});

describe("a user with a password", () => {
  it("whose address both sides have verified is logged in, and has two ways to log in from then on", async () => {
    const person = await newActor(app, { name: "Paula" });
    const { subject } = newPersonAt(acme, { email: person.email.toUpperCase(), name: "Not Paula" });
    const { user } = await logInBySocial(newVisitor(app), subject);
    expect(user).toMatchObject({ id: person.id, email: person.email, name: "Paula" });
    expect(await typesOf(person.id)).toContain("SOCIAL_LINKED");
    await logIn(newVisitor(app), person.email, person.password);
    expect(
      (await app.mail.waitForMail({ to: person.email, subject: "The login methods of your account were changed" }))
        .text,
    ).toContain("Acme");
  });

  it("links an account with another address, and can log in with it", async () => {
    const person = await newActor(app);
    const { subject, email } = newPersonAt(acme, { email_verified: false });
    expect(await linkSocial(person.client, subject)).toMatchObject({
      id: person.id,
      socialAccounts: [{ provider: PROVIDER, email }],
    });
    expect((await logInBySocial(newVisitor(app), subject)).user).toMatchObject({ id: person.id, email: person.email });
  });

  it("who never verified the address loses earlier credentials to the person the provider verified", async () => {
    const email = newEmail("claimed");
    const password = newPassword();
    await register(app, { email, password, name: "Mallory" });
    const { subject } = newPersonAt(acme, { email, name: "Owner" });
    const { user } = await logInBySocial(newVisitor(app), subject);
    expect(user).toMatchObject({ email, emailVerified: true, status: "ACTIVE" });
    const input = { identifier: email, password };
    expect(await newVisitor(app).refused(LOGIN, { input })).toMatchObject({ code: "INVALID_CREDENTIALS" });
  });
});

describe("the second factor", () => {
  it("is required after the provider, as after a password", async () => {
    const { client, id, email, subject } = await newcomer();
    await elevateByMail(app, { client, email });
    const { authenticator } = await enableTotp(app, { client });
    await logout(client);
    const back = newVisitor(app);
    const before = await countPeople(app);
    const step = await finishSocialLogin(back, await visitProvider(back, subject));
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
    const person: Actor = await newActor(app);
    const { subject } = newPersonAt(acme);
    await linkSocial(person.client, subject);
    const bySocial = newVisitor(app);
    await logInBySocial(bySocial, subject);
    expect((await unlink(person.client)).unlinkSocialAccount.user).toEqual({ id: person.id, socialAccounts: [] });

    expect(await bySocial.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    expect((await bySocial.refused(REFRESH, { token: bySocial.refreshToken })).code).toBe("INVALID_REFRESH_TOKEN");
    expect((await person.client.ask("{ me { id } }")).me.id).toBe(person.id);
    expect(await typesOf(person.id)).toContain("SOCIAL_UNLINKED");
    expect((await logInBySocial(newVisitor(app), subject)).user.id).not.toBe(person.id);
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
    expect((await logIn(newVisitor(app), me.email, newPass)).user.id).toBe(id);
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
    const { subject, email, name } = newPersonAt(terse);
    const { user } = await logInBySocial(newVisitor(app), subject, { provider: "terse" });
    expect(user).toMatchObject({ email, emailVerified: true, name });
    expect(terse.requests).toContain("GET /me");
  });
});
