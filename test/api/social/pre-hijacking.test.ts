import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { User } from "#features/users/index";
import { VERIFY_EMAIL_CODE } from "../../support/clients/factors.ts";
import type { GraphQLClient } from "../../support/clients/graphql.ts";
import {
  authorizeAtProvider,
  finishSocialLogin,
  LINK_SOCIAL_ACCOUNT,
  linkSocial,
  logInBySocial,
  newProviderUser,
  newUserAgent,
  PROVIDER,
  REDIRECT_URI,
  refusedSocialLogin,
  socialSettings,
} from "../../support/clients/social.ts";
import { beginChallenge } from "../../support/factories/challenges.ts";
import { snapshotOf } from "../../support/factories/database-snapshot.ts";
import { invite } from "../../support/factories/invitations.ts";
import { purposeNamed } from "../../support/factories/links.ts";
import { holding } from "../../support/factories/roles.ts";
import { addSocialAccount } from "../../support/factories/social-accounts.ts";
import { ANONYMOUS, signIn } from "../../support/factories/stored-users.ts";
import { addUser, createTenantWithUsers, createUser, createUserAs } from "../../support/factories/tenants.ts";
import {
  challengeOf,
  LOGIN,
  newEmail,
  newPassword,
  register,
  tokenIn,
  VERIFY,
  verify,
} from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { type OidcProvider, startOidcProvider } from "../../support/servers/oidc-provider.ts";

/**
 * Accounts that an attacker creates with a victim's address beforehand (Sudhodanan and Paverd, "Pre-hijacked accounts: an
 * empirical study of security failures in user account creation on the web", USENIX Security 2022). Each time the victim comes
 * through a provider that has verified the address; the attacker, who acted first, ends with nothing.
 */

let app: TestApp;
let acme: OidcProvider;
/** Returns any address its users entered, and claims whatever they want about it; the settings trust it for no domain. */
let credulous: OidcProvider;
beforeAll(async () => {
  const redirectUris = [REDIRECT_URI];
  [acme, credulous] = await Promise.all([startOidcProvider({ redirectUris }), startOidcProvider({ redirectUris })]);
  app = await startTestApp({
    settings: socialSettings({ [PROVIDER]: acme, credulous: { ...credulous, vouchesFor: [] } }),
  });
});
afterAll(async () => {
  await app?.stop();
  await Promise.all([acme?.stop(), credulous?.stop()]);
});

const CHANGE_EMAIL = "mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { newEmail } }";
const ME = `{ me { id email name memberships { roles { name } } tenant { id } hasPassword passkeys { id } socialAccounts { provider email } sessions { nodes { id } } } }`;

/** The owner of the address, as the provider knows them. */
const newVictim = () => newProviderUser(acme, { name: "Vera Victim" });

/**
 * The victim logs in through the provider.
 * @returns the state of the account after that
 */
const arrive = async ({ subject }: { readonly subject: string }) => {
  const client = newUserAgent(app);
  const { session } = await logInBySocial(client, subject);
  const { me } = await client.ask(ME);
  return { client, session, me };
};

/** The account belongs to the victim only: the provider account is its only credential, and only the victim is signed in. */
const expectOwnedBy = (victim: { email: string }, { me, session }: Awaited<ReturnType<typeof arrive>>): void => {
  expect(me).toMatchObject({
    email: victim.email,
    name: "Vera Victim",
    ...holding(),
    hasPassword: false,
    passkeys: [],
    socialAccounts: [{ provider: PROVIDER, email: victim.email }],
    sessions: { nodes: [{ id: session.id }] },
  });
};

const CONFIRM = "mutation ($token: String!) { confirmEmailChange(input: { token: $token }) { email } }";

/** A user as versions before 1.0 created it at registration, before the address was verified. */
const plantedUser = async ({ email }: { readonly email: string }): Promise<User> =>
  addUser(app, await app.app.tenants.default(), {
    email,
    status: "PENDING_VERIFICATION",
    emailVerified: false,
    password: newPassword(),
    name: "Mallory",
  });

const idOf = async (email: string): Promise<User["id"]> => {
  const [row] = await app.app.db.execute<{ id: User["id"] }>(
    sql`select id from users where email_canonical = ${email}`,
  );
  return row?.id ?? (ANONYMOUS as User["id"]);
};

const expectShut = async (client: GraphQLClient): Promise<void> => {
  expect(await client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
};

describe("an account that an attacker created beforehand with the victim's address", () => {
  it("does not accept the password that the attacker chose (classic-federated merge)", async () => {
    const victim = newVictim();
    const password = newPassword();
    const username = `mallory-${Math.random().toString(36).slice(2, 8)}`;
    const token = await register(app, { email: victim.email, password, name: "Mallory", username });
    const attacker = newUserAgent(app);
    const input = { identifier: victim.email, password };
    expect(await attacker.refused(LOGIN, { input })).toMatchObject({ code: "INVALID_CREDENTIALS" });

    const arrived = await arrive(victim);
    expectOwnedBy(victim, arrived);
    const before = await snapshotOf(app, [arrived.me]);
    const challenge = challengeOf(token);
    expect(await attacker.refused(VERIFY, { input: { token, challenge } })).toMatchObject({ code: "INVALID_TOKEN" });
    expect(await snapshotOf(app, [arrived.me])).toEqual(before);
    for (const identifier of [victim.email, username])
      expect(await attacker.refused(LOGIN, { input: { identifier, password } })).toEqual(
        await newUserAgent(app).refused(LOGIN, { input: { identifier: newEmail(), password } }),
      );
  });

  it("is not restored by requesting the mail again, nor by registering again", async () => {
    const victim = newVictim();
    const password = newPassword();
    await register(app, { email: victim.email, password });
    const arrived = await arrive(victim);
    const resend =
      "mutation ($email: EmailAddress!) { resendVerificationEmail(input: { email: $email }) { accepted } }";
    await newUserAgent(app).ask(resend, { email: victim.email });
    const again = { input: { email: victim.email, password } };
    await newUserAgent(app).ask("mutation ($input: RegisterInput!) { register(input: $input) { next } }", again);
    await app.mail.waitForMail({ to: victim.email, subject: "You already have an account" });
    expectOwnedBy(victim, { ...arrived, me: (await arrived.client.ask(ME)).me });
    const input = { identifier: victim.email, password };
    expect(await newUserAgent(app).refused(LOGIN, { input })).toMatchObject({ code: "INVALID_CREDENTIALS" });
  });

  it("has no session and no pending login that the attacker has kept (unexpired session)", async () => {
    const victim = newVictim();
    const user = await plantedUser(victim);
    // None of these are issued before the address is verified; if they exist, they end here.
    const { session } = await signIn(app, user);
    const { token: challenge } = await beginChallenge(app, user);
    const attacker = newUserAgent(app);
    attacker.accessToken = (await app.app.tokens.issue(session, user)).accessToken;

    expectOwnedBy(victim, await arrive(victim));
    await expectShut(attacker);
    const code = { input: { challenge, code: "000000" } };
    const verify = "mutation ($input: VerifyEmailCodeInput!) { verifyEmailCode(input: $input) { __typename } }";
    expect(await attacker.refused(verify, code)).toMatchObject({ reason: "CHALLENGE_EXPIRED" });
  });

  it("does not accept a provider account that the attacker has linked (trojan link)", async () => {
    const victim = newVictim();
    const password = newPassword();
    await register(app, { email: victim.email, password });
    const user = await plantedUser(victim);
    const attacker = newUserAgent(app);
    const trojan = newProviderUser(acme);
    // Without a verified address, no session exists to link with.
    const callback = await authorizeAtProvider(attacker, trojan.subject);
    expect(await attacker.refused(LINK_SOCIAL_ACCOUNT, { input: callback })).toMatchObject({ code: "UNAUTHENTICATED" });
    // If it were linked, it would be unlinked here.
    await addSocialAccount(app, user, PROVIDER, { issuer: acme.issuer, subject: trojan.subject });

    const { me, session } = await arrive(victim);
    expectOwnedBy(victim, { me, session, client: attacker });
    const { user: stranger } = await logInBySocial(newUserAgent(app), trojan.subject);
    expect(stranger.id).not.toBe(me.id);
  });

  it("does not go to the attacker's address through a pending change, nor back by undoing one (pending e-mail change)", async () => {
    const victim = newVictim();
    const user = await plantedUser(victim);
    const { db, links } = app.app;
    // Only signed-in users can request these; if they existed, they would become void here.
    const tokens = await Promise.all(
      ["change-email", "undo-email-change", "reset-password"].map(async (name) => {
        const payload = { email: newEmail("attacker") };
        return links.tokenOf(
          await db.transaction((tx) => links.issue(tx, { user, purpose: purposeNamed(name), payload })),
        );
      }),
    );
    const arrived = await arrive(victim);
    expectOwnedBy(victim, arrived);
    const before = await snapshotOf(app, [arrived.me]);
    const undo = "mutation ($token: String!) { undoEmailChange(input: { token: $token }) { email } }";
    const reset = "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }";
    const attacker = newUserAgent(app);
    expect(await attacker.refused(CONFIRM, { token: tokens[0] })).toMatchObject({ code: "INVALID_TOKEN" });
    expect(await attacker.refused(undo, { token: tokens[1] })).toMatchObject({ code: "INVALID_TOKEN" });
    const input = { token: tokens[2], newPassword: newPassword() };
    expect(await attacker.refused(reset, { input })).toMatchObject({ code: "INVALID_TOKEN" });
    expect(await snapshotOf(app, [arrived.me])).toEqual(before);
  });

  it("does not make the victim a member of the attacker's tenant (invitation beforehand)", async () => {
    const victim = newVictim();
    const { admin, tenant } = await createTenantWithUsers(app, "Evil Corp");
    const { token } = await invite(app, admin, { email: victim.email, name: "Mine Now" });
    const arrived = await arrive(victim);
    expectOwnedBy(victim, arrived);
    expect(arrived.me.tenant.id).not.toBe(tenant.id);
    const suspend = "mutation ($id: ID!) { suspendUser(input: { userId: $id }) { user { id } } }";
    expect(await admin.client.refused(suspend, { id: arrived.me.id })).toMatchObject({ code: "NOT_FOUND" });
    const acceptance = { input: { token, password: newPassword() } };
    const accept = "mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { __typename } }";
    expect(await newUserAgent(app).refused(accept, acceptance)).toMatchObject({ code: "INVALID_TOKEN" });
  });
});

describe("an attacker at a provider that claims every address is verified, but is trusted for none", () => {
  /** The attacker uses the victim's address, and is asked for a code that only the victim can read. */
  const attack = async ({ email }: { readonly email: string }) => {
    const { subject } = newProviderUser(credulous, { email, name: "Mallory" });
    const client = newUserAgent(app);
    const callback = await authorizeAtProvider(client, subject, { provider: "credulous" });
    const step = await finishSocialLogin(client, callback);
    expect(step).toMatchObject({ __typename: "SecondFactorRequired", reason: "ADDRESS_UNPROVED" });
    const { subject: title } = await app.mail.waitForMail({ to: email, subject: /^\d{6}/ });
    const code = title?.startsWith("000000") ? "111111" : "000000";
    const input = { challenge: step.challenge, code };
    const guess = () => client.refused(VERIFY_EMAIL_CODE, { input });
    return { client, guess, rightCode: title?.slice(0, 6) ?? "", step };
  };

  it("creates no account before the victim comes, who then is the only user of it (unexpired account)", async () => {
    const victim = newVictim();
    const { guess } = await attack(victim);
    expect(await guess()).toMatchObject({ code: "INVALID_CODE" });
    expect(await idOf(victim.email)).toBe(ANONYMOUS);
    const arrived = await arrive(victim);
    expectOwnedBy(victim, arrived);
    // The attacker's pending login is now one to the victim's account, and as useless as before.
    const before = await snapshotOf(app, [arrived.me]);
    expect(await guess()).toMatchObject({ code: "INVALID_CODE" });
    expect((await snapshotOf(app, [arrived.me])).filter(({ kind }) => kind !== "event")).toEqual(
      before.filter(({ kind }) => kind !== "event"),
    );
    expectOwnedBy(victim, { ...arrived, me: (await arrived.client.ask(ME)).me });
  });

  it("is not linked to the victim's existing account, nor logged in to it", async () => {
    const victim = await createUser(app);
    const { guess } = await attack(victim);
    for (const attemptsLeft of [4, 3, 2, 1, 0])
      expect(await guess()).toMatchObject({ code: "INVALID_CODE", attemptsLeft });
    expect(await guess()).toMatchObject({ code: "INVALID_TOKEN", reason: "CHALLENGE_EXPIRED" });
    const { me } = await victim.client.ask(ME);
    expect(me.socialAccounts).toEqual([]);
    expect(me.sessions?.nodes).toHaveLength(1);
  });

  it("does not get the victim's invitation", async () => {
    const admin = await createUserAs(app, "ADMIN");
    const { email, subject } = newVictim();
    await invite(app, admin, { email, roles: ["USER", "ADMIN"] });
    const { guess } = await attack({ email });
    expect(await guess()).toMatchObject({ code: "INVALID_CODE" });
    expect(await idOf(email)).toBe(ANONYMOUS);
    const client = newUserAgent(app);
    await logInBySocial(client, subject);
    expect((await client.ask("{ me { email memberships { roles { name } } } }")).me).toEqual({
      email,
      ...holding("ADMIN"),
    });
  });

  it("cannot use a code that the victim enters in another browser, because it belongs to the login that mailed it", async () => {
    const victim = await createUser(app);
    const [first, second] = [await attack(victim), await attack(victim)];
    if (first.rightCode === second.rightCode) return;
    const input = { challenge: first.step.challenge, code: second.rightCode };
    expect(await first.client.refused(VERIFY_EMAIL_CODE, { input })).toMatchObject({ code: "INVALID_CODE" });
    expect((await victim.client.ask(ME)).me.socialAccounts).toEqual([]);
  });
});

describe("an attacker's own account", () => {
  it("does not capture the victim's address with a pending change (pending e-mail change, the other way)", async () => {
    const victim = newVictim();
    const attacker = await createUser(app, { name: "mallory" });
    await attacker.client.ask(CHANGE_EMAIL, { input: { newEmail: victim.email } });
    const token = tokenIn(await app.mail.waitForMail({ to: victim.email }));

    const arrived = await arrive(victim);
    expectOwnedBy(victim, arrived);
    expect(arrived.me.id).not.toBe(attacker.id);
    // The victim, or a mail scanner, follows the link nevertheless.
    const before = await snapshotOf(app, [arrived.me]);
    expect(await newUserAgent(app).refused(CONFIRM, { token })).toMatchObject({
      code: "CONFLICT",
      reason: "EMAIL_TAKEN",
    });
    expect(await snapshotOf(app, [arrived.me])).toEqual(before);
    expect((await attacker.client.ask("{ me { email } }")).me.email).toBe(attacker.email);
  });

  it("is not merged with the victim's because of a provider account with the victim's address", async () => {
    const victim = newVictim();
    const attacker = await createUser(app, { name: "mallory" });
    const { subject } = newProviderUser(credulous, { email: victim.email, email_verified: false });
    await linkSocial(attacker.client, subject, { provider: "credulous" });
    const { me } = await arrive(victim);
    expect(me.id).not.toBe(attacker.id);
    expect((await logInBySocial(newUserAgent(app), subject, { provider: "credulous" })).user.id).toBe(attacker.id);
  });

  it("is not created, nor another user's opened, by a provider that has not verified the address (non-verifying provider)", async () => {
    const victim = newVictim();
    const { subject } = newProviderUser(credulous, { email: victim.email, email_verified: false });
    const attack = async () => {
      const attacker = newUserAgent(app);
      const callback = await authorizeAtProvider(attacker, subject, { provider: "credulous" });
      return refusedSocialLogin(attacker, callback);
    };
    const refused = { code: "FORBIDDEN", reason: "EMAIL_NOT_VERIFIED" };
    expect(await attack()).toMatchObject(refused);
    expect(await idOf(victim.email)).toBe(ANONYMOUS);
    const arrived = await arrive(victim);
    expectOwnedBy(victim, arrived);
    const before = await snapshotOf(app, [arrived.me]);
    expect(await attack()).toMatchObject(refused);
    expect(await snapshotOf(app, [arrived.me])).toEqual(before);
  });

  it("does not become the victim's later, although the victim's password account was created after the attacker's request", async () => {
    const { email, subject } = newProviderUser(credulous, { email: newEmail("late"), email_verified: false });
    const early = newUserAgent(app);
    const callback = await authorizeAtProvider(early, subject, { provider: "credulous" });
    const password = newPassword();
    const token = await register(app, { email, password });
    const { user } = await verify(newUserAgent(app), token);
    const before = await snapshotOf(app, [user]);
    expect(await refusedSocialLogin(early, callback)).toMatchObject({ reason: "EMAIL_NOT_VERIFIED" });
    expect(await snapshotOf(app, [user])).toEqual(before);
  });
});

describe("an invitation to be an admin", () => {
  it("is not granted to a person who only claims the address, but to the one a trusted provider verified", async () => {
    const admin = await createUserAs(app, "ADMIN");
    const { email, subject } = newProviderUser(credulous, { email: newEmail("chief"), email_verified: false });
    await invite(app, admin, { email, roles: ["USER", "ADMIN"] });
    const attacker = newUserAgent(app);
    const callback = await authorizeAtProvider(attacker, subject, { provider: "credulous" });
    expect(await refusedSocialLogin(attacker, callback)).toMatchObject({ reason: "EMAIL_NOT_VERIFIED" });
    const { subject: chief } = newProviderUser(acme, { email });
    const client = newUserAgent(app);
    await logInBySocial(client, chief);
    expect((await client.ask("{ me { email memberships { roles { name } } } }")).me).toEqual({
      email,
      ...holding("ADMIN"),
    });
  });
});
