import { eq } from "drizzle-orm";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tenants } from "#features/tenants/index";
import { MINUTE, SECOND } from "#shared/durations";
import { maskEmail } from "#shared/masked-email";
import {
  accountsOf,
  beginLogin,
  CHALLENGE_EXPIRED,
  enableTotp,
  finishLogin,
  isWaiting,
  LOGIN_STEP,
  refusalOf,
  SEND_EMAIL_CODE,
  VERIFY_EMAIL_CODE,
} from "../../support/clients/factors.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import type { SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());

/** A user whose tenant has just started to require a second factor. */
const strictUser = async (): Promise<SignedInUser> => {
  const tenant = await createTenant(app);
  const bob = await createMember(app, tenant);
  await app.app.db.update(tenants).set({ requireSecondFactor: true }).where(eq(tenants.id, tenant.id));
  return bob;
};

/** The code of the oldest mail that was not read yet. */
const mailedCode = async ({ email }: Pick<SignedInUser, "email">): Promise<string> => {
  const mail = await app.mail.waitForMail({ to: email, subject: /is your login code/ });
  const code = /^\d{6}/.exec(mail.subject ?? "")?.[0] ?? "";
  expect(mail.text).toContain(code);
  return code;
};

const wrong = (code: string): string => `${(Number(code[0]) + 1) % 10}${code.slice(1)}`;

const verify = (challenge: string, code: string) =>
  app.client().refused(VERIFY_EMAIL_CODE, { input: { challenge, code } });

describe("if the tenant requires a second factor", () => {
  it("a login of a user without one is finished by a mailed code", async () => {
    const bob = await strictUser();
    const before = await accountsOf(app, bob);
    const client = app.client();
    const step = await beginLogin(client, bob, { deviceName: "Bob's tablet" });
    const codeSentTo = `${bob.email.slice(0, 2)}***@example.com`;
    expect(step).toMatchObject({
      __typename: "SecondFactorRequired",
      factors: ["EMAIL_CODE"],
      preferredFactor: "EMAIL_CODE",
      reason: "TENANT_POLICY",
      codeSentTo,
    });
    const mail = await app.mail.waitForMail({ to: bob.email, subject: /is your login code/ });
    expect(mail.text).toContain("“unknown device”");
    expect(mail.text).not.toContain("Bob's tablet");
    expect(await accountsOf(app, bob)).toEqual(before);

    const code = mail.subject?.slice(0, 6) ?? "";
    const login = await finishLogin(client, VERIFY_EMAIL_CODE, { challenge: step.challenge, code });
    expect(login).toMatchObject({
      session: { authenticatedWith: ["PASSWORD", "EMAIL_CODE"], device: { label: "Bob's tablet" } },
      mfaRecommended: true,
    });
    // A mailed code is never a second factor, because it proves the mailbox, with which the password could be reset.
    expect(decodeJwt(client.accessToken ?? "").amr).toEqual(["pwd"]);
  });

  it("a user's own second factor is required instead, and nothing is mailed", async () => {
    const bob = await strictUser();
    await enableTotp(app, bob);
    expect(await beginLogin(app.client(), bob)).toMatchObject({
      factors: ["TOTP", "BACKUP_CODE"],
      reason: "SECOND_FACTOR_ENABLED",
      codeSentTo: null,
    });
    const { me } = await bob.client.ask("{ me { mfa { enabled totpEnabled } } }");
    expect(me.mfa).toEqual({ enabled: true, totpEnabled: true });
  });

  it("a wrong password mails nothing", async () => {
    const bob = await strictUser();
    const refusal = await refusalOf(app, bob, () =>
      app.client().refused(LOGIN_STEP, { input: { identifier: bob.email, password: `${bob.password}.` } }),
    );
    expect(refusal).toMatchObject({ code: "INVALID_CREDENTIALS" });
    // The next mail belongs to the right password.
    const { challenge } = await beginLogin(app.client(), bob);
    await finishLogin(app.client(), VERIFY_EMAIL_CODE, { challenge, code: await mailedCode(bob) });
  });
});

describe("a mailed code", () => {
  it("may be typed in any digits; malformed codes are refused and not counted", async () => {
    const bob = await strictUser();
    const { challenge } = await beginLogin(app.client(), bob);
    const code = await mailedCode(bob);
    for (let time = 1; time <= 6; time++)
      expect(await refusalOf(app, bob, () => verify(challenge, code.slice(1)))).toMatchObject({
        code: "BAD_USER_INPUT",
        fields: [{ path: "input.code" }],
      });
    const typed = [...code].map((digit) => String.fromCodePoint(0x660 + Number(digit))).join("");
    await finishLogin(app.client(), VERIFY_EMAIL_CODE, {
      challenge,
      code: `\u200f${typed.slice(0, 3)}-${typed.slice(3)}`,
    });
  });

  it("is valid once, for the login and the user it was mailed for", async () => {
    const [bob, carol] = [await strictUser(), await strictUser()];
    const first = await beginLogin(app.client(), bob);
    const code = await mailedCode(bob);
    const second = await beginLogin(app.client(), bob);
    const other = await beginLogin(app.client(), carol);
    const [ofSecond, ofOther] = [await mailedCode(bob), await mailedCode(carol)];

    for (const [person, { challenge }] of [
      [bob, second],
      [carol, other],
    ] as const) {
      expect(await refusalOf(app, person, () => verify(challenge, code))).toMatchObject({ code: "INVALID_CODE" });
      expect(await isWaiting(app, { challenge })).toBe(true);
    }
    await finishLogin(app.client(), VERIFY_EMAIL_CODE, { challenge: first.challenge, code });
    expect(await refusalOf(app, bob, () => verify(first.challenge, code))).toMatchObject(CHALLENGE_EXPIRED);
    expect(await refusalOf(app, bob, () => verify(second.challenge, code))).toMatchObject({ code: "INVALID_CODE" });
    await finishLogin(app.client(), VERIFY_EMAIL_CODE, { challenge: second.challenge, code: ofSecond });
    await finishLogin(app.client(), VERIFY_EMAIL_CODE, { challenge: other.challenge, code: ofOther });
  });

  it("is valid for ten minutes", async () => {
    const bob = await strictUser();
    const { challenge } = await beginLogin(app.client(), bob);
    const code = await mailedCode(bob);
    app.clock.advance(10 * MINUTE);
    expect(await refusalOf(app, bob, () => verify(challenge, code))).toMatchObject(CHALLENGE_EXPIRED);
    const again = await beginLogin(app.client(), bob);
    const fresh = await mailedCode(bob);
    app.clock.advance(10 * MINUTE - 10 * SECOND);
    await finishLogin(app.client(), VERIFY_EMAIL_CODE, { challenge: again.challenge, code: fresh });
  });

  it("can be sent again after thirty seconds, five times at most, and only the newest one is valid", async () => {
    const bob = await strictUser();
    const { challenge } = await beginLogin(app.client(), bob);
    let code = await mailedCode(bob);
    const resend = () => app.client().send(SEND_EMAIL_CODE, { challenge });
    for (let time = 1; time <= 5; time++) {
      const [tooSoon] = (await resend()).errors;
      expect(tooSoon?.extensions).toMatchObject({ code: "RATE_LIMITED", status: 429 });
      expect(tooSoon?.extensions.retryAfter).toBeGreaterThan(20);
      expect(tooSoon?.extensions.retryAfter).toBeLessThanOrEqual(30);
      app.clock.advance(30 * SECOND);
      expect((await resend()).data).toEqual({ sendEmailCode: { sentTo: maskEmail(bob.email) } });
      const newest = await mailedCode(bob);
      if (time === 3)
        expect(await refusalOf(app, bob, () => verify(challenge, code))).toMatchObject({ code: "INVALID_CODE" });
      code = newest;
    }
    app.clock.advance(30 * SECOND);
    const [tooOften] = (await resend()).errors;
    expect(tooOften?.extensions).toMatchObject({ code: "RATE_LIMITED" });
    expect(tooOften?.extensions.retryAfter).toBeGreaterThan(30);
    await finishLogin(app.client(), VERIFY_EMAIL_CODE, { challenge, code });
  });

  it("is mailed at most ten times an hour, however many logins request one", async () => {
    const bob = await strictUser();
    for (let time = 1; time <= 10; time++) await beginLogin(app.client(), bob);
    const before = await accountsOf(app, bob);
    const input = { identifier: bob.email, password: bob.password };
    const refusal = await app.client().refused(LOGIN_STEP, { input });
    expect(refusal).toEqual({ code: "RATE_LIMITED", status: 429, retryAfter: expect.any(Number) });
    expect(await accountsOf(app, bob)).toEqual(before);
  });

  it("counts together with those of authenticator apps if it is wrong: five lock", async () => {
    const bob = await strictUser();
    const steps = [await beginLogin(app.client(), bob), await beginLogin(app.client(), bob)];
    const code = await mailedCode(bob);
    for (const attemptsLeft of [4, 3, 2, 1, 0]) {
      const challenge = steps[attemptsLeft % 2]?.challenge;
      expect(await verify(challenge, wrong(code))).toMatchObject({ code: "INVALID_CODE", attemptsLeft });
    }
    const refusal = await refusalOf(app, bob, () => verify(steps[0]?.challenge, code));
    expect(refusal).toMatchObject({ code: "RATE_LIMITED", reason: "MFA_LOCKED" });
    await app.mail.waitForMail({ to: bob.email, subject: "Too many wrong codes" });
  });
});
