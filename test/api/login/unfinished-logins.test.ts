import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tenants } from "#features/tenants/index";
import { MINUTE, SECOND } from "#shared/durations";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import {
  type AuthenticatorApp,
  accountsOf,
  beginLogin,
  CHALLENGE_EXPIRED,
  CONFIRM_TOTP,
  DISABLE_TOTP,
  enableTotp,
  finishLogin,
  isWaiting,
  REGENERATE_BACKUP_CODES,
  refusalOf,
  SEND_EMAIL_CODE,
  VERIFY_EMAIL_CODE,
  VERIFY_TOTP,
  waitForNewCode,
} from "../../support/clients/factors.ts";
import { passkeysOf } from "../../support/clients/passkeys.ts";
import { createMember, createTenant, createUser } from "../../support/factories/tenants.ts";
import { newEmail, newPassword, resetPassword, type SignedInUser, tokenIn } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const ORIGIN = "https://id.example.test";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { PUBLIC_URL: ORIGIN } });
});
afterAll(() => app?.stop());

interface Protected extends SignedInUser {
  readonly authenticator: AuthenticatorApp;
}

const protect = async (person: SignedInUser): Promise<Protected> => {
  const { authenticator } = await enableTotp(app, person);
  waitForNewCode(app);
  return { ...person, authenticator };
};

const codeOf = ({ authenticator }: Protected): string => authenticator.code(app.clock.now());

const begin = async (person: SignedInUser): Promise<string> => (await beginLogin(app.client(), person)).challenge;

const verify = (challenge: string, code: string) => app.client().refused(VERIFY_TOTP, { input: { challenge, code } });

const finish = (challenge: string, person: Protected) =>
  finishLogin(app.client(), VERIFY_TOTP, { challenge, code: codeOf(person) });

describe("a login that waits for its second factor", () => {
  it("can be finished once", async () => {
    const alice = await protect(await createUser(app));
    const challenge = await begin(alice);
    await finish(challenge, alice);
    waitForNewCode(app);
    expect(await refusalOf(app, alice, () => verify(challenge, codeOf(alice)))).toMatchObject(CHALLENGE_EXPIRED);
  });

  it("can be finished for ten minutes", async () => {
    const alice = await protect(await createUser(app));
    const [early, late] = [await begin(alice), await begin(alice)];
    app.clock.advance(10 * MINUTE - 10 * SECOND);
    await finish(early, alice);
    app.clock.advance(40 * SECOND);
    expect(await refusalOf(app, alice, () => verify(late, codeOf(alice)))).toMatchObject(CHALLENGE_EXPIRED);
    // Setting the clock back does not make an expired one valid again.
    app.clock.advance(-20 * SECOND);
    expect(await refusalOf(app, alice, () => verify(late, codeOf(alice)))).toMatchObject(CHALLENGE_EXPIRED);
    app.clock.advance(20 * SECOND);
  });

  it("is not finished by a factor that it does not offer, which does not count as a wrong code", async () => {
    const alice = await protect(await createUser(app));
    const challenge = await begin(alice);
    for (const [operation, variables] of [
      [VERIFY_EMAIL_CODE, { input: { challenge, code: codeOf(alice) } }],
      [SEND_EMAIL_CODE, { challenge }],
    ] as const)
      for (let time = 1; time <= 6; time++) {
        const attempt = () => app.client().refused(operation, variables);
        expect(await refusalOf(app, alice, attempt)).toMatchObject({ code: "BAD_REQUEST" });
      }
    await finish(challenge, alice);
  });
});

const CHANGE_PASSWORD =
  "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }";
const CHANGE_EMAIL = "mutation ($email: EmailAddress!) { changeEmail(input: { newEmail: $email }) { newEmail } }";
const CONFIRM_EMAIL_CHANGE = "mutation ($token: String!) { confirmEmailChange(input: { token: $token }) { email } }";
const byId = (field: string) => `mutation ($id: ID!) { ${field}(input: { userId: $id }) { user { id } } }`;

/** Events that end pending logins, caused by Bob or by the admin. */
const ENDINGS: Readonly<Record<string, (bob: Protected, admin: SignedInUser) => Promise<unknown>>> = {
  "a new password": ({ client, password }) =>
    client.ask(CHANGE_PASSWORD, {
      input: { currentPassword: password, newPassword: newPassword(), logout: "NONE" },
    }),
  "a password reset by mail": (bob) => resetPassword(app, bob, newPassword()),
  "a required password reset": ({ id }, admin) => admin.client.ask(byId("requirePasswordReset"), { id }),
  "a suspension": ({ id }, admin) => admin.client.ask(byId("suspendUser"), { id }),
  "a suspension that was lifted": async ({ id }, admin) => {
    await admin.client.ask(byId("suspendUser"), { id });
    await admin.client.ask(byId("reactivateUser"), { id });
  },
  "another address": async ({ client }) => {
    const email = newEmail();
    await client.ask(CHANGE_EMAIL, { email });
    const token = tokenIn(await app.mail.waitForMail({ to: email }));
    await client.ask(CONFIRM_EMAIL_CHANGE, { token });
  },
  "another authenticator app": (bob) => enableTotp(app, bob),
  "an authenticator app turned off": ({ client }) => client.ask(DISABLE_TOTP),
  "new backup codes": ({ client }) => client.ask(REGENERATE_BACKUP_CODES),
  "a passkey added": (bob) => {
    const device = new SoftwareAuthenticator();
    return passkeysOf(app).enrol(bob, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
  },
};

describe("pending logins must start again after", () => {
  it.each(Object.entries(ENDINGS))("%s", async (_, end) => {
    const tenant = await createTenant(app);
    const [admin, bob] = [await createMember(app, tenant, "ADMIN"), await protect(await createMember(app, tenant))];
    const challenge = await begin(bob);
    expect(await isWaiting(app, { challenge })).toBe(true);
    await end(bob, admin);
    expect(await refusalOf(app, bob, () => verify(challenge, codeOf(bob)))).toMatchObject(CHALLENGE_EXPIRED);
  });

  it("turning the second factor on while a mailed code was required", async () => {
    const tenant = await createTenant(app);
    const bob = await createMember(app, tenant);
    await app.app.db.update(tenants).set({ requireSecondFactor: true }).where(eq(tenants.id, tenant.id));
    const challenge = await begin(bob);
    const mail = await app.mail.waitForMail({ to: bob.email, subject: /is your login code/ });
    await protect(bob);
    const input = { challenge, code: mail.subject?.slice(0, 6) };
    const attempt = () => app.client().refused(VERIFY_EMAIL_CODE, { input });
    expect(await refusalOf(app, bob, attempt)).toMatchObject(CHALLENGE_EXPIRED);
  });

  it("a suspension of the tenant, for as long as it lasts", async () => {
    const tenant = await createTenant(app);
    const bob = await protect(await createMember(app, tenant));
    const challenge = await begin(bob);
    const setStatus = (status: "ACTIVE" | "SUSPENDED") =>
      app.app.db.update(tenants).set({ status }).where(eq(tenants.id, tenant.id));
    await setStatus("SUSPENDED");
    expect(await refusalOf(app, bob, () => verify(challenge, codeOf(bob)))).toMatchObject(CHALLENGE_EXPIRED);
    await setStatus("ACTIVE");
    await finish(challenge, bob);
  });

  it("the deletion of the account, of which nothing is left", async () => {
    const alice = await protect(await createUser(app));
    const challenge = await begin(alice);
    const DELETE = "mutation ($password: String!) { deleteAccount(input: { password: $password }) { deletedUserId } }";
    await alice.client.ask(DELETE, { password: alice.password });
    expect(await verify(challenge, codeOf(alice))).toMatchObject(CHALLENGE_EXPIRED);
    expect(await accountsOf(app, alice)).toEqual([]);
    const left = await app.app.db.execute(sql`select from login_challenges where user_id = ${alice.id}::uuid`);
    expect(left).toHaveLength(0);
  });
});

describe("pending logins continue after", () => {
  it.each([
    ["a logout", "mutation { logout { endedSessionId } }"],
    [
      "a logout on all devices, because they are not sessions yet and still lack the second factor",
      "mutation { logoutAll { endedSessionIds } }",
    ],
    ["an app that was shown but not confirmed", "mutation { enableTotp { secret } }"],
  ])("%s", async (_, operation) => {
    const alice = await protect(await createUser(app));
    const challenge = await begin(alice);
    await alice.client.ask(operation);
    await finish(challenge, alice);
  });

  it("a change of factors that failed", async () => {
    const alice = await protect(await createUser(app));
    await alice.client.ask("mutation { enableTotp { secret } }");
    const challenge = await begin(alice);
    const attempt = () => alice.client.refused(CONFIRM_TOTP, { code: "no code" });
    expect(await refusalOf(app, alice, attempt)).toMatchObject({ code: "BAD_USER_INPUT" });
    await finish(challenge, alice);
  });
});

describe("a password reset", () => {
  it("does not bypass the second factor, which is still required of logins from before and after it", async () => {
    const alice = await protect(await createUser(app));
    const stolen = await begin(alice);
    const password = newPassword();
    await resetPassword(app, alice, password);
    expect(await refusalOf(app, alice, () => verify(stolen, codeOf(alice)))).toMatchObject(CHALLENGE_EXPIRED);

    const before = await accountsOf(app, alice);
    const step = await beginLogin(app.client(), { email: alice.email, password });
    expect(step).toMatchObject({
      __typename: "SecondFactorRequired",
      factors: ["TOTP", "BACKUP_CODE"],
      reason: "SECOND_FACTOR_ENABLED",
      codeSentTo: null,
    });
    for (const [operation, variables] of [
      [SEND_EMAIL_CODE, { challenge: step.challenge }],
      [VERIFY_EMAIL_CODE, { input: { challenge: step.challenge, code: "123456" } }],
    ] as const)
      expect(await app.client().refused(operation, variables)).toMatchObject({ code: "BAD_REQUEST" });
    expect(await accountsOf(app, alice)).toEqual(before);
    const login = await finish(step.challenge, alice);
    expect(login.session.authenticatedWith).toEqual(["PASSWORD", "TOTP"]);
  });

  it("does not lift the lock on codes, which the mailbox must not lift", async () => {
    const alice = await protect(await createUser(app));
    const challenge = await begin(alice);
    const wrong = alice.authenticator.wrongCode(app.clock.now());
    for (let time = 1; time <= 5; time++) await verify(challenge, wrong);
    const password = newPassword();
    await resetPassword(app, alice, password);
    const { challenge: next } = await beginLogin(app.client(), { email: alice.email, password });
    const refusal = await refusalOf(app, alice, () => verify(next, codeOf(alice)));
    expect(refusal).toMatchObject({ code: "RATE_LIMITED", reason: "MFA_LOCKED" });
  });
});
