import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOUR } from "#shared/durations";
import { confirmationToken, DENY_LOGIN, userWithHistory } from "../../support/clients/confirmations.ts";
import { beginLogin, LOGIN_STEP } from "../../support/clients/factors.ts";
import { createTenant } from "../../support/factories/tenants.ts";
import { newAddress, newPassword, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { readersOf } from "../../support/servers/smtp.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());

const newResident = async (): Promise<SignedInUser> => userWithHistory(app, await createTenant(app));
const stranger = () => app.client({ "x-forwarded-for": newAddress() });

/** Number of mails that ask this user about a login, after the queue is delivered. */
const questionsTo = async ({ email }: SignedInUser): Promise<number> => {
  const waiting = async () =>
    (await app.app.db.execute(sql`select from graphile_worker._private_jobs where payload ->> 'to' = ${email}`)).length;
  await expect.poll(waiting, { interval: 20 }).toBe(0);
  return app.mail.all().filter((mail) => readersOf(mail).includes(email) && /^Was that you/.test(mail.subject ?? ""))
    .length;
};

describe("an attacker who knows the password", () => {
  it("cannot flood the mailbox with confirmation mails: after ten in an hour no more logins are started", async () => {
    const bob = await newResident();
    for (let login = 1; login <= 10; login++)
      expect(await beginLogin(stranger(), bob)).toMatchObject({ __typename: "LoginConfirmationRequired" });

    const input = { identifier: bob.email, password: bob.password };
    expect(await stranger().refused(LOGIN_STEP, { input })).toMatchObject({
      code: "RATE_LIMITED",
      retryAfter: expect.any(Number),
    });
    expect(await questionsTo(bob)).toBe(10);

    app.clock.advance(HOUR);
    expect(await beginLogin(stranger(), bob)).toMatchObject({ __typename: "LoginConfirmationRequired" });
    expect(await questionsTo(bob)).toBe(11);
  });
});

describe("the history of earlier logins", () => {
  it.each(["", "unknown", "fe80::1%eth0", "2001:db8::/200"])(
    "does not prevent a login if its address is %j",
    async (text) => {
      const bob = await newResident();
      await app.app.db.execute(sql`update login_attempts set ip_address = ${text} where user_id = ${bob.id}::uuid`);
      expect(await beginLogin(stranger(), bob)).toMatchObject({ __typename: "LoginConfirmationRequired" });
    },
  );
});

describe("the device of a denied login", () => {
  it("is no longer known, because an attacker has its token", async () => {
    const bob = await newResident();
    const { deviceToken } = bob.client;
    // With the token alone the login looks usual; the three wrong guesses require a confirmation.
    for (let guess = 1; guess <= 3; guess++)
      await stranger().refused(LOGIN_STEP, { input: { identifier: bob.email, password: newPassword() } });
    expect(await beginLogin(stranger(), bob, { deviceToken })).toMatchObject({
      __typename: "LoginConfirmationRequired",
    });
    await app.client().ask(DENY_LOGIN, { token: await confirmationToken(app, bob) });

    const known = await app.app.db.execute(sql`select from devices where user_id = ${bob.id}::uuid`);
    expect(known).toHaveLength(0);
  });

  it("may not be the attacker's only access: the mail that follows lists what remains valid after a new password", async () => {
    const bob = await newResident();
    await beginLogin(stranger(), bob);
    await app.client().ask(DENY_LOGIN, { token: await confirmationToken(app, bob) });
    const mail = await app.mail.waitForMail({ to: bob.email, subject: /^Your account is safe again/ });
    expect(mail.text).toMatch(/passkeys, authenticator app, linked accounts and trusted devices/);
  });
});
