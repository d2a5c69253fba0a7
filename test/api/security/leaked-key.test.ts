import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOUR, MINUTE } from "#shared/durations";
import type { UserId } from "#shared/ids";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import { beginLogin, ENABLE_TOTP, enableTotp, logInByTotp, waitForNewCode } from "../../support/clients/factors.ts";
import type { GraphQLClient, UntypedData } from "../../support/clients/graphql.ts";
import { passkeysOf } from "../../support/clients/passkeys.ts";
import { roleIdsOf, setRoles } from "../../support/factories/roles.ts";
import { addSocialAccount } from "../../support/factories/social-accounts.ts";
import { CLIENT, viewerOf } from "../../support/factories/stored-users.ts";
import { createMember, createTenant, createUser } from "../../support/factories/tenants.ts";
import {
  elevate,
  LOGIN,
  logIn,
  newEmail,
  newPassword,
  REFRESH,
  resetPassword,
  type SignedInUser,
  tokenIn,
} from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const ORIGIN = "https://id.example.test";
const LIST = "{ suspendedChanges { id kind about madeAt suspendedAt user { id } } }";
const CONFIRM = `mutation ($id: ID!) {
  confirmSuspendedChange(input: { suspendedChangeId: $id }) { suspendedChange { id kind } }
}`;
const REMOVE =
  "mutation ($id: ID!) { removeSuspendedChange(input: { suspendedChangeId: $id }) { deletedSuspendedChangeId } }";
const CHANGE_EMAIL = "mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { newEmail } }";
const CONFIRM_EMAIL = "mutation ($token: String!) { confirmEmailChange(input: { token: $token }) { email } }";
const ME = "{ me { id email memberships { roles { name } } mfa { totpEnabled passkeyCount backupCodesLeft } } }";
const SUSPENDED = "Changes to your account need your confirmation";
const OLDER = { code: "FORBIDDEN", reason: "OLDER_CREDENTIAL_REQUIRED" };

let app: TestApp;
let since: Date;
beforeAll(async () => {
  app = await startTestApp({ settings: { PUBLIC_URL: ORIGIN } });
});
afterAll(() => app?.stop());

const elevated = async (person: SignedInUser, totpCode?: string): Promise<SignedInUser> => {
  await elevate(person.client, totpCode === undefined ? { password: person.password } : { totpCode });
  return person;
};

/** Starts the leak: everything from before is an hour old, and access tokens are renewed. */
const leak = async (...people: SignedInUser[]): Promise<void> => {
  app.clock.advance(HOUR);
  since = app.clock.now();
  app.clock.advance(MINUTE);
  for (const { client } of people) {
    const { refreshToken } = await client.ask(REFRESH, { token: client.refreshToken });
    client.accessToken = refreshToken.tokens.accessToken;
    client.refreshToken = refreshToken.tokens.refreshToken;
  }
};

/** Withdraws the key. */
const withdraw = async () => {
  app.clock.advance(MINUTE);
  const outcome = await app.app.leakedKey.suspendSince(since);
  app.clock.advance(MINUTE);
  return outcome;
};

const changesOf = async ({ client }: { client: GraphQLClient }): Promise<UntypedData[]> =>
  (await client.ask(LIST)).suspendedChanges;

const again = async (person: SignedInUser): Promise<SignedInUser> => {
  const client = app.client();
  const login = await logIn(client, person.email, person.password);
  return { ...person, client, sessionId: login.session.id };
};

const expectSignedOut = async ({ client }: SignedInUser): Promise<void> =>
  expect(await client.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });

describe("after a signing key has leaked", () => {
  it("a passkey added since then cannot be used until its owner confirms it with an older factor", async () => {
    const alice = await createUser(app);
    const { authenticator } = await enableTotp(app, alice);
    await leak(alice);
    await elevated(alice, authenticator.code(app.clock.now()));
    const passkeys = passkeysOf(app);
    const device = new SoftwareAuthenticator();
    await passkeys.enrol(alice, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
    const get = (publicKey: UntypedData) => device.get(publicKey, { origin: ORIGIN });
    expect((await passkeys.finish(await passkeys.prove(get))).__typename).toBe("LoginSuccess");

    await withdraw();
    await expectSignedOut(alice);
    expect((await app.mail.waitForMail({ to: alice.email, subject: SUSPENDED })).text).toContain(alice.email);
    await passkeys.expectNoLogin(await passkeys.prove(get), [alice]);

    const { client } = await logInByTotp(app, alice, authenticator);
    const [change] = await changesOf({ client });
    expect(change).toMatchObject({ kind: "PASSKEY", user: null });
    expect(new Date(change.madeAt).getTime()).toBeGreaterThanOrEqual(since.getTime());
    expect(await client.refused(CONFIRM, { id: change.id })).toMatchObject({ code: "REAUTHENTICATION_REQUIRED" });
    waitForNewCode(app);
    await elevate(client, { totpCode: authenticator.code(app.clock.now()) });
    const mallory = await createUser(app);
    expect(await mallory.client.refused(CONFIRM, { id: change.id })).toMatchObject({ code: "NOT_FOUND" });
    expect(await mallory.client.refused(REMOVE, { id: change.id })).toMatchObject({ code: "NOT_FOUND" });
    await passkeys.expectNoLogin(await passkeys.prove(get), [alice]);

    await client.ask(CONFIRM, { id: change.id });
    expect((await passkeys.finish(await passkeys.prove(get))).__typename).toBe("LoginSuccess");
    expect(await changesOf({ client })).toEqual([]);
    expect(await client.refused(CONFIRM, { id: change.id })).toMatchObject({ code: "NOT_FOUND" });
  });

  it("an account whose only factor was added since then requires a mailed code and a new factor", async () => {
    const alice = await createUser(app);
    await leak(alice);
    await enableTotp(app, await elevated(alice));
    await withdraw();
    await expectSignedOut(alice);
    expect(await beginLogin(app.client(), alice)).toMatchObject({
      __typename: "SecondFactorRequired",
      reason: "ENROLMENT_REQUIRED",
      factors: ["EMAIL_CODE"],
    });
    const kinds = await app.app.db.execute<{ kind: string }>(
      sql`select kind from suspended_changes where user_id = ${alice.id}::uuid order by kind`,
    );
    expect(kinds.map(({ kind }) => kind)).toEqual(["BACKUP_CODES", "TOTP"]);
  });

  it("an enrolment that was started cannot be finished", async () => {
    const alice = await createUser(app);
    await leak(alice);
    await (await elevated(alice)).client.ask(ENABLE_TOTP);
    await withdraw();
    const rows = await app.app.db.execute(
      sql`select from totp_secrets where user_id = ${alice.id}::uuid and pending_secret is not null`,
    );
    expect(rows).toEqual([]);
  });

  it("a linked account is suspended, unless it was created together with the user", async () => {
    const alice = await createUser(app);
    const user = await app.app.users.get(alice.id as UserId);
    await leak(alice);
    await addSocialAccount(app, user, "first");
    const linked = await addSocialAccount(app, user, "second");
    await app.app.db.execute(
      sql`update social_accounts set created_by_session = ${alice.sessionId}::uuid where id = ${linked.id}::uuid`,
    );
    await withdraw();
    const accounts = () =>
      app.app.db.execute<{ provider: string }>(
        sql`select provider from social_accounts where user_id = ${alice.id}::uuid order by provider`,
      );
    expect(await accounts()).toEqual([{ provider: "first" }]);
    const back = await elevated(await again(alice));
    const [change] = await changesOf(back);
    expect(change).toMatchObject({ kind: "SOCIAL_ACCOUNT", about: "second" });
    await back.client.ask(CONFIRM, { id: change.id });
    expect(await accounts()).toEqual([{ provider: "first" }, { provider: "second" }]);
  });

  it("a password that was set without the previous one is suspended, and one that was changed with it is not", async () => {
    const [alice, bob] = [await createUser(app), await createUser(app)];
    await app.app.db.execute(sql`delete from passwords where user_id = ${alice.id}::uuid`);
    await leak(alice, bob);
    await elevated(bob);
    const change = "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }";
    const next = newPassword();
    await bob.client.ask(change, { input: { currentPassword: bob.password, newPassword: next, logout: "NONE" } });
    // An attacker with a forged elevated token sets a first password this way.
    const set = newPassword();
    await app.app.passwords.changePassword(await viewerOf(app, alice), CLIENT, { newPassword: set });
    await withdraw();
    expect(await app.client().refused(LOGIN, { input: { identifier: alice.email, password: set } })).toMatchObject({
      code: "INVALID_CREDENTIALS",
    });
    await logIn(app.client(), bob.email, next);
    await bob.client.ask(ME);
  });

  const movedSinceTheLeak = async () => {
    const alice = await createUser(app);
    const [before, after] = [alice.email, newEmail("moved")];
    await leak(alice);
    await (await elevated(alice)).client.ask(CHANGE_EMAIL, { input: { newEmail: after } });
    const mail = await app.mail.waitForMail({ to: after, subject: /onfirm/ });
    await app.client().ask(CONFIRM_EMAIL, { token: tokenIn(mail) });
    return { alice, before, after };
  };

  it("a change of address is undone, and so is everything done through the new mailbox, until the owner confirms it", async () => {
    const { alice, before, after } = await movedSinceTheLeak();
    const set = newPassword();
    await resetPassword(app, { email: after }, set);
    await logIn(app.client(), after, set);

    await withdraw();
    for (const to of [before, after]) await app.mail.waitForMail({ to, subject: SUSPENDED });
    for (const identifier of [before, after])
      expect(await app.client().refused(LOGIN, { input: { identifier, password: set } })).toMatchObject({
        code: "INVALID_CREDENTIALS",
      });

    // The owner resets the password through the old mailbox, which alone confirms nothing.
    alice.password = newPassword();
    await resetPassword(app, { email: before }, alice.password);
    const back = await elevated(await again({ ...alice, email: before }));
    const changes = await changesOf(back);
    expect(changes.map(({ kind, about }) => [kind, about]).sort()).toEqual([
      ["EMAIL", after],
      ["PASSWORD", null],
    ]);
    for (const { id } of changes) expect(await back.client.refused(CONFIRM, { id })).toMatchObject(OLDER);
    expect((await back.client.ask(ME)).me.email).toBe(before);
    for (const { id } of changes) await back.client.ask(REMOVE, { id });
    expect(await changesOf(back)).toEqual([]);
  });

  it("a change of address takes effect again once the owner confirms it with the previous password", async () => {
    const { alice, before, after } = await movedSinceTheLeak();
    await withdraw();
    const back = await elevated(await again({ ...alice, email: before }));
    const [change] = await changesOf(back);
    const answers = await Promise.all([1, 2, 3].map(() => back.client.send(CONFIRM, { id: change.id })));
    expect(answers.map(({ errors }) => errors[0]?.extensions.code ?? "OK").sort()).toEqual([
      "NOT_FOUND",
      "NOT_FOUND",
      "OK",
    ]);
    expect((await back.client.ask(ME)).me.email).toBe(after);
  });

  it("an account whose former address now belongs to another user is suspended, and reported", async () => {
    const { alice, before, after } = await movedSinceTheLeak();
    const mallory = await createUser(app);
    await app.app.db.execute(
      sql`update users set email = ${before}, email_canonical = ${before} where id = ${mallory.id}::uuid`,
    );
    expect((await withdraw()).addressTaken).toEqual([alice.id]);
    expect(await app.client().refused(LOGIN, { input: { identifier: after, password: alice.password } })).toMatchObject(
      {
        reason: "ACCOUNT_SUSPENDED",
      },
    );
  });

  it("a role is not effective until the user who granted it confirms it; roles from before and from the command line are kept", async () => {
    const tenant = await createTenant(app);
    const [ada, eve, bob] = [
      await createMember(app, tenant, "ADMIN"),
      await createMember(app, tenant, "ADMIN"),
      await createMember(app, tenant),
    ];
    await leak(ada, eve, bob);
    await setRoles(app, await elevated(ada), bob, "ADMIN");
    await withdraw();
    const rolesOf = async ({ id }: SignedInUser) => (await app.app.users.get(id as UserId)).roles;
    expect(await rolesOf(bob)).toEqual(["USER"]);
    expect(await rolesOf(eve)).toEqual(["USER", "ADMIN"]);
    await app.mail.waitForMail({ to: ada.email, subject: SUSPENDED });
    const [change] = await changesOf(ada);
    expect(change).toMatchObject({ kind: "ROLES", about: "ADMIN", user: { id: bob.id } });
    // The token from before the withdrawal is no longer elevated.
    expect(await ada.client.refused(CONFIRM, { id: change.id })).toMatchObject({ code: "REAUTHENTICATION_REQUIRED" });
    expect(await rolesOf(bob)).toEqual(["USER"]);
    await (await elevated(ada)).client.ask(CONFIRM, { id: change.id });
    expect(await rolesOf(bob)).toEqual(["USER", "ADMIN"]);
    expect(await changesOf(ada)).toEqual([]);
  });

  it("a pending invitation that grants a role is void, and one without a role is not", async () => {
    const ada = await createMember(app, await createTenant(app), "ADMIN");
    const invite = "mutation ($input: InviteUserInput!) { inviteUser(input: $input) { invitation { id status } } }";
    await leak(ada);
    await elevated(ada);
    const tokens = [];
    for (const names of [["ADMIN"], []]) {
      const roleIds = await roleIdsOf(app, ada, names);
      const email = newEmail("invited");
      await ada.client.ask(invite, { input: { email, roleIds } });
      tokens.push(tokenIn(await app.mail.waitForMail({ to: email })));
    }
    expect(await withdraw()).toMatchObject({ invitations: 1 });
    const accept = "mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { __typename } }";
    const [powerful, plain] = tokens.map((token) => ({ input: { token, password: newPassword() } }));
    expect(await app.client().refused(accept, powerful)).toMatchObject({ code: "INVALID_TOKEN" });
    await app.client().ask(accept, plain);
  });

  it("all elevations have ended; sessions and credentials from before are kept", async () => {
    const alice = await createUser(app);
    const { authenticator } = await enableTotp(app, alice);
    await leak(alice);
    await elevated(alice, authenticator.code(app.clock.now()));
    expect(await withdraw()).toMatchObject({ addressTaken: [] });
    expect((await alice.client.ask(ME)).me.mfa).toMatchObject({ totpEnabled: true });
    expect(await alice.client.refused("mutation { disableTotp { user { mfa { totpEnabled } } } }")).toMatchObject({
      code: "REAUTHENTICATION_REQUIRED",
    });
    expect(await changesOf(alice)).toEqual([]);
  });
});
