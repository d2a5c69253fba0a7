import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { HOUR } from "#shared/durations";
import { endedSessionIds, endedSessions } from "../../support/factories/session-ends.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { LOGIN, logIn, newEmail, newPassword, tokenIn } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { PRODUCTION } from "../../support/servers/production.ts";

const REQUEST = "mutation ($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }";
const STATUS = "mutation ($token: String!) { checkPasswordResetToken(input: { token: $token }) { valid expiresAt } }";
const RESET = "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }";
const CHANGE = "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }";
const ME = "{ me { id } }";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());
// Each test starts with an unused hourly request limit.
beforeEach(() => app.clock.advance(HOUR));

const resetToken = async (email: string): Promise<string> => {
  await app.client().ask(REQUEST, { email });
  return tokenIn(await app.mail.waitForMail({ to: email, subject: "Choose a new password" }));
};

describe("resetPassword", () => {
  it("sets the password by mail; every token issued before is refused immediately", async () => {
    const alice = await createUser(app);
    const token = await resetToken(alice.email);
    const visitor = app.client();
    expect(await visitor.ask(STATUS, { token })).toEqual({
      checkPasswordResetToken: { valid: true, expiresAt: expect.any(String) },
    });
    const newOne = newPassword();
    expect(await visitor.ask(RESET, { input: { token, newPassword: newOne } })).toEqual({
      resetPassword: { endedSessionIds: endedSessionIds(1) },
    });

    expect(await alice.client.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(
      await visitor.refused(LOGIN, { input: { identifier: alice.email, password: alice.password } }),
    ).toMatchObject({
      code: "INVALID_CREDENTIALS",
    });
    await logIn(visitor, alice.email, newOne);
    await app.mail.waitForMail({ to: alice.email, subject: /password/i });

    expect(await visitor.ask(STATUS, { token })).toEqual({
      checkPasswordResetToken: { valid: false, expiresAt: null },
    });
    expect(await visitor.refused(RESET, { input: { token, newPassword: newPassword() } })).toMatchObject({
      code: "INVALID_TOKEN",
    });
    await logIn(app.client(), alice.email, newOne);
  });

  it("signs no user in: after the reset, every step of a login is still required", async () => {
    const alice = await createUser(app);
    const visitor = app.client();
    const { data } = await visitor.send(RESET, {
      input: { token: await resetToken(alice.email), newPassword: newPassword() },
    });
    expect(data).toEqual({ resetPassword: { endedSessionIds: endedSessionIds(1) } });
    expect(visitor.cookies.size).toBe(0);
    expect(await visitor.refused("mutation { refreshToken { tokens { accessToken } } }")).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
    });
    expect(await visitor.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("is requested with the same answer for every address", async () => {
    const alice = await createUser(app);
    const known = await app.client().send(REQUEST, { email: alice.email });
    const unknown = await app.client().send(REQUEST, { email: newEmail() });
    expect(known.data).toEqual({ requestPasswordReset: { accepted: true } });
    expect([unknown.status, unknown.data]).toEqual([known.status, known.data]);
  });

  it("builds its link from the settings, not from the Host header", async () => {
    // In production, because a development server refuses other hosts.
    const production = await startTestApp({ settings: PRODUCTION });
    try {
      const alice = await createUser(production);
      const liar = production.client({ host: "evil.example", "x-forwarded-host": "evil.example" });
      expect(await liar.ask(REQUEST, { email: alice.email })).toEqual({ requestPasswordReset: { accepted: true } });
      const mail = await production.mail.waitForMail({ to: alice.email, subject: "Choose a new password" });
      expect(mail.text).toContain(`${PRODUCTION.PUBLIC_URL}/reset-password#token=`);
      expect(mail.text).not.toContain("evil.example");
    } finally {
      await production.stop();
    }
  });

  it("gives the same answer however often it is requested: the mail budget limits it without showing it", async () => {
    const email = newEmail();
    for (let n = 0; n < 7; n++)
      expect(await app.client().ask(REQUEST, { email })).toEqual({ requestPasswordReset: { accepted: true } });
  });

  it("verifies one token per operation", async () => {
    const guess = (n: number) => `g${n}: resetPassword(input: { token: "x", newPassword: "y" }) { endedSessionIds }`;
    const { errors } = await app.client().send(`mutation { ${guess(1)} ${guess(2)} }`);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).toMatch(/one credential/);
  });

  it.each(["", "x", "__proto__", "A".repeat(10_000)])("refuses the token %j", async (token) => {
    expect(await app.client().ask(STATUS, { token })).toEqual({
      checkPasswordResetToken: { valid: false, expiresAt: null },
    });
    expect(await app.client().refused(RESET, { input: { token, newPassword: newPassword() } })).toMatchObject({
      code: "INVALID_TOKEN",
    });
  });

  it("does not look up a token that is not text", async () => {
    const notText = { code: "BAD_USER_INPUT", status: 400 };
    const input = { token: "\0", newPassword: newPassword() };
    expect(await app.client().refused(STATUS, { token: input.token })).toMatchObject(notText);
    expect(await app.client().refused(RESET, { input })).toMatchObject(notText);
  });
});

describe("changePassword", () => {
  it("ends all sessions by default, including the caller's", async () => {
    const alice = await createUser(app);
    const phone = app.client();
    await logIn(phone, alice.email, alice.password);
    const newOne = newPassword();
    const input = { currentPassword: alice.password, newPassword: newOne };
    expect(await alice.client.ask(CHANGE, { input })).toEqual({ changePassword: { endedSessions: endedSessions(2) } });
    for (const client of [alice.client, phone])
      expect(await client.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
    await logIn(app.client(), alice.email, newOne);
  });

  it("keeps the caller signed in with OTHERS", async () => {
    const alice = await createUser(app);
    const phone = app.client();
    await logIn(phone, alice.email, alice.password);
    const input = { currentPassword: alice.password, newPassword: newPassword(), logout: "OTHERS" };
    expect(await alice.client.ask(CHANGE, { input })).toEqual({ changePassword: { endedSessions: endedSessions(1) } });
    expect(await alice.client.ask(ME)).toEqual({ me: { id: alice.id } });
    expect(await phone.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("refuses the same password, a wrong one and an enormous one, and changes nothing", async () => {
    const alice = await createUser(app);
    const refusal = (currentPassword: string, newOne: string) =>
      alice.client.refused(CHANGE, { input: { currentPassword, newPassword: newOne } });
    expect(await refusal(alice.password, alice.password)).toMatchObject({
      code: "BAD_REQUEST",
      reason: "SAME_PASSWORD",
    });
    expect(await refusal("wrong", newPassword())).toMatchObject({ code: "FORBIDDEN", reason: "INCORRECT_PASSWORD" });
    expect(await refusal(alice.password, "x".repeat(5_000))).toMatchObject({ reason: "WEAK_PASSWORD" });
    expect(await refusal("x".repeat(5_000), newPassword())).toMatchObject({ reason: "INCORRECT_PASSWORD" });
    expect(await alice.client.ask(ME)).toEqual({ me: { id: alice.id } });
    await logIn(app.client(), alice.email, alice.password);
  });

  it("is refused to anonymous callers", async () => {
    const input = { currentPassword: "a", newPassword: newPassword() };
    expect(await app.client().refused(CHANGE, { input })).toMatchObject({ code: "UNAUTHENTICATED" });
  });
});
