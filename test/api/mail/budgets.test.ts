import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { DAY, HOUR, MINUTE } from "#shared/durations";
import { INVITE } from "../../support/factories/invitations.ts";
import { viewerOf } from "../../support/factories/stored-users.ts";
import { createTenantWithUsers, createUser } from "../../support/factories/tenants.ts";
import { LOGIN, newAddress, newEmail, newPassword, type SignedInUser, tokenIn } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { readersOf } from "../../support/servers/smtp.ts";
import { WAIT } from "../../support/timeouts.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());

const RESET = "mutation ($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }";
const REGISTER = "mutation ($input: RegisterInput!) { register(input: $input) { next } }";

const visitor = () => app.client({ "x-forwarded-for": newAddress() });

/** Waits until no due job is left. */
const settled = () =>
  vi.waitFor(async () => {
    const waiting = await app.app.db.execute(
      sql`select from graphile_worker._private_jobs where run_at <= now() and attempts < max_attempts`,
    );
    expect(waiting).toHaveLength(0);
  }, WAIT);

const mailsTo = async (email: string): Promise<string[]> => {
  await settled();
  return app.mail.all().flatMap((mail) => (readersOf(mail).includes(email) ? [mail.subject ?? ""] : []));
};

/** One after the other, because a mail whose link is already void, as for all but the last three, is not sent. */
const requestReset = async (email: string, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) {
    await visitor().ask(RESET, { email });
    await settled();
  }
};

/** A user whose registration is more than ten minutes ago. */
const resident = async (): Promise<SignedInUser> => {
  const actor = await createUser(app);
  app.clock.advance(DAY);
  return actor;
};

const changeEmail = async (thief: SignedInUser, email: string): Promise<void> => {
  await app.app.emailChanges.request(await viewerOf(app, thief), email);
};

describe("a flood of mails to one recipient", () => {
  it("is limited to five in ten minutes, whatever other parties request; further notices become one digest", async () => {
    const victim = await resident();
    const before = (await mailsTo(victim.email)).length;
    const thieves = await Promise.all(Array.from({ length: 5 }, () => createUser(app)));
    const { admin } = await createTenantWithUsers(app);

    for (let round = 0; round < 5; round++) {
      for (const thief of thieves) await changeEmail(thief, victim.email);
      await visitor().ask(RESET, { email: victim.email });
      await visitor().ask(REGISTER, { input: { email: victim.email, password: newPassword() } });
      const attacker = visitor();
      for (let i = 0; i < 5; i++)
        await attacker.refused(LOGIN, { input: { identifier: victim.email, password: newPassword() } });
      await admin.client.refused(INVITE, { input: { email: victim.email } }).catch(() => undefined);
    }
    const mails = await mailsTo(victim.email);
    expect(mails.length - before).toBe(5);

    const [job] = await app.app.db.execute<{ payload: { to: string } }>(
      sql`select payload from graphile_worker._private_jobs where payload ->> 'to' = ${victim.email}`,
    );
    await app.app.tasks["send-notice-digest"]?.(job?.payload, { attempt: 1, maxAttempts: 25 });
    const digest = await app.mail.waitForMail({ to: victim.email, subject: /Several security notices/ });
    expect(digest.text).toContain("too many failed logins");
    expect((await mailsTo(victim.email)).length - before).toBe(6);
  });

  it("is limited to five in ten minutes for an address without an account, too", async () => {
    const email = newEmail();
    for (let i = 0; i < 8; i++) await visitor().ask(REGISTER, { input: { email, password: newPassword() } });
    const thieves = await Promise.all(Array.from({ length: 3 }, () => createUser(app)));
    for (const thief of thieves) await changeEmail(thief, email);
    expect(await mailsTo(email)).toHaveLength(5);
  });

  it("is limited to twenty a day", async () => {
    const victim = await resident();
    const before = (await mailsTo(victim.email)).length;
    for (let i = 0; i < 6; i++) {
      await requestReset(victim.email, 5);
      app.clock.advance(11 * MINUTE);
    }
    expect((await mailsTo(victim.email)).length - before).toBe(20);
    app.clock.advance(DAY);
    await requestReset(victim.email, 1);
    expect((await mailsTo(victim.email)).length - before).toBe(21);
  });
});

describe("a used-up budget", () => {
  it("does not invalidate links that were sent before", async () => {
    const victim = await resident();
    await requestReset(victim.email, 5);
    const mails = app.mail.all().filter((mail) => readersOf(mail).includes(victim.email));
    const newest = mails.at(-1);
    if (newest === undefined) throw new Error("No mail came.");
    await requestReset(victim.email, 10);
    await visitor().ask("mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }", {
      input: { token: tokenIn(newest), newPassword: newPassword() },
    });
  });

  it("of unauthenticated requests leaves the owner's: with a device token, and after a first factor", async () => {
    const victim = await resident();
    await requestReset(victim.email, 10);
    const before = (await mailsTo(victim.email)).length;
    const withToken =
      "mutation ($email: EmailAddress!, $token: String) { requestPasswordReset(input: { email: $email, deviceToken: $token }) { accepted } }";
    const ask = async (token: string | null | undefined) => {
      await visitor().ask(withToken, { email: victim.email, token });
      return (await mailsTo(victim.email)).length - before;
    };
    const stranger = await createUser(app);
    expect(await ask(stranger.client.deviceToken)).toBe(0);
    for (let i = 1; i <= 5; i++) expect(await ask(victim.client.deviceToken)).toBe(i);
    expect(await ask(victim.client.deviceToken)).toBe(5);

    // After three failures the right password requires a confirmation by mail.
    const owner = visitor();
    for (let i = 0; i < 3; i++)
      await owner.refused(LOGIN, { input: { identifier: victim.email, password: newPassword() } });
    const { login } = await owner.ask(LOGIN, { input: { identifier: victim.email, password: victim.password } });
    expect(login.__typename).toMatch(/Required$/);
    expect((await mailsTo(victim.email)).length - before).toBe(6);
  });

  it("of logins that proved a first factor is ten an hour; the eleventh is refused, and no other budget is used", async () => {
    const victim = await resident();
    const attempt = () => visitor().ask(LOGIN, { input: { identifier: victim.email, password: victim.password } });
    for (let i = 0; i < 3; i++)
      await visitor().refused(LOGIN, { input: { identifier: victim.email, password: newPassword() } });
    for (let i = 0; i < 10; i++) expect((await attempt()).login.__typename).toMatch(/Required$/);
    const refusal = await visitor().refused(LOGIN, {
      input: { identifier: victim.email, password: victim.password },
    });
    expect(refusal).toMatchObject({ code: "RATE_LIMITED", status: 429 });
    const before = (await mailsTo(victim.email)).length;
    await requestReset(victim.email, 1);
    expect((await mailsTo(victim.email)).length - before).toBe(1);
    app.clock.advance(HOUR);
    expect((await attempt()).login.__typename).toMatch(/Required$/);
  });
});
