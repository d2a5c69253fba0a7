import { expect } from "vitest";
import { MINUTE } from "#shared/durations";
import type { Auth } from "../../../src/client/index.ts";
import { Browser, CHROME_ON_ANDROID, FIREFOX_ON_LINUX } from "../../support/clients/browser.ts";
import {
  ChangePassword,
  ChangeUsername,
  DeleteAccount,
  DeleteSession,
  Login,
  type LoginResult,
  Logout,
  Me,
  PasswordResetToken,
  Register,
  RequestPasswordReset,
  ResetPassword,
  SecurityHistory,
  Sessions,
  TenantName,
  type Transport,
  VerifyEmail,
} from "../../support/clients/operations.ts";
import { refusalOf, type WebClient } from "../../support/clients/web-client.ts";
import { endedSessionIds, endedSessions } from "../../support/factories/session-ends.ts";
import { newEmail, newPassword, tokenIn } from "../../support/factories/users.ts";
import type { TestApp } from "../../support/servers/app.ts";

export type CreateClient = (url: string, browser: Browser, transport: Transport) => WebClient;

/** A login form: sends what was typed, and passes the response to the helpers. */
export const logIn = async (
  { run, auth }: WebClient,
  identifier: string,
  password: string,
): Promise<Extract<LoginResult, { __typename: "LoginSuccess" }>> => {
  const { transport } = auth;
  const deviceToken = deviceTokens.get(auth) ?? null;
  const login = await auth.login(
    async () => (await run(Login, { input: { identifier, password, transport, deviceToken } })).login,
  );
  if (login.__typename !== "LoginSuccess") throw new Error(`The login asks for more: ${login.__typename}`);
  deviceTokens.set(auth, login.deviceToken);
  return login;
};

/** What an app stores of a login beside its tokens, in order to be recognised again. */
const deviceTokens = new WeakMap<Auth, string | null>();

/** The life of an account, as a person with two browsers and a mailbox experiences it. */
export const runAccountLifecycle = async (
  app: TestApp,
  createClient: CreateClient,
  transport: Transport,
): Promise<void> => {
  const email = newEmail("ada");
  const first = newPassword();
  const laptop = createClient(app.url, new Browser(FIREFOX_ON_LINUX), transport);
  const phone = createClient(app.url, new Browser(CHROME_ON_ANDROID), transport);

  // Ada registers, and cannot log in before she has followed the link in the mail.
  const { register } = await laptop.run(Register, { input: { transport, email, password: first, name: "Ada" } });
  expect(register).toMatchObject({
    next: "VERIFY_EMAIL",
    challenge: transport === "COOKIE" ? null : expect.any(String),
  });
  expect(await refusalOf(logIn(laptop, email, first))).toMatchObject({ code: "INVALID_CREDENTIALS" });
  const proof = tokenIn(await app.mail.waitForMail({ to: email }));
  const { challenge } = register;
  const verification = { input: { token: proof, transport, challenge } };
  const verified = await laptop.auth.login(async () => (await laptop.run(VerifyEmail, verification)).verifyEmail);
  if (verified.__typename !== "LoginSuccess") throw new Error(`It asks for more: ${verified.__typename}`);
  deviceTokens.set(laptop.auth, verified.deviceToken);
  expect(await refusalOf(laptop.run(VerifyEmail, verification))).toMatchObject({ code: "INVALID_TOKEN" });

  // That signed her in on the laptop. She logs in on the phone; the refresh token is where she requested it.
  const onPhone = await logIn(phone, email, first);
  expect(onPhone.tokens.refreshToken === null).toBe(transport === "COOKIE");
  expect(Object.fromEntries(phone.browser.cookies)).toEqual(transport === "COOKIE" ? HER_COOKIES : {});

  const { sessions } = await laptop.run(Sessions, {});
  expect(sessions.map(({ current, device }) => [device.label, current])).toEqual([
    ["Chrome on Android", false],
    ["Firefox on Linux", true],
  ]);

  // A quarter of an hour later, a page with many requests needs one refresh, and the user does not notice.
  app.clock.advance(16 * MINUTE);
  const refreshedBefore = laptop.browser.timesSent("RefreshTokens");
  const [{ me }, { tenant }, { securityEvents }, list] = await Promise.all([
    laptop.run(Me, {}),
    laptop.run(TenantName, {}),
    laptop.run(SecurityHistory, {}),
    laptop.run(Sessions, {}),
  ]);
  expect({ me, tenant }).toMatchObject({ me: { email }, tenant: { name: expect.any(String) } });
  expect(securityEvents.nodes.map(({ type }) => type)).toContain("EMAIL_VERIFIED");
  expect(list.sessions).toHaveLength(2);
  expect(laptop.browser.timesSent("RefreshTokens")).toBe(refreshedBefore + 1);

  // She ends the phone's session from the laptop; the phone notices at its next request.
  expect(await laptop.run(DeleteSession, { id: onPhone.session.id })).toMatchObject({
    deleteSession: { session: { id: onPhone.session.id, endReason: "REVOKED" } },
  });
  expect(await refusalOf(phone.run(Me, {}))).toMatchObject({ code: "UNAUTHENTICATED", status: 401 });
  expect(phone.auth.getState()).toMatchObject({ status: "SIGNED_OUT", reason: "REVOKED" });
  expect(laptop.auth.getState()).toMatchObject({ status: "SIGNED_IN" });

  // She changes her name and her password, after she has proved her identity.
  expect(
    await refusalOf(laptop.run(ChangeUsername, { input: { username: "ada.l", password: newPassword() } })),
  ).toMatchObject({ code: "FORBIDDEN", reason: "INCORRECT_PASSWORD" });
  const username = email.slice(0, email.indexOf("@"));
  expect(await laptop.run(ChangeUsername, { input: { username, password: first } })).toMatchObject({
    changeUsername: { user: { id: me.id, username } },
  });
  await logIn(phone, username, first);
  const second = newPassword();
  expect(
    await laptop.run(ChangePassword, { input: { currentPassword: first, newPassword: second, logout: "OTHERS" } }),
  ).toMatchObject({ changePassword: { endedSessions: endedSessions(1) } });
  await laptop.run(Me, {});
  expect(await refusalOf(phone.run(Me, {}))).toMatchObject({ code: "UNAUTHENTICATED" });
  expect(await refusalOf(logIn(phone, username, first))).toMatchObject({ code: "INVALID_CREDENTIALS" });
  await logIn(phone, username, second);

  // She forgets the password, and resets it by mail. All her sessions end.
  const third = newPassword();
  expect(await phone.run(RequestPasswordReset, { email })).toMatchObject({ requestPasswordReset: { accepted: true } });
  const token = tokenIn(await app.mail.waitForMail({ to: email, subject: "Choose a new password" }));
  expect(await phone.run(PasswordResetToken, { token })).toMatchObject({ checkPasswordResetToken: { valid: true } });
  expect(await refusalOf(phone.run(ResetPassword, { input: { token, newPassword: "password1" } }))).toMatchObject({
    code: "BAD_REQUEST",
    reason: "WEAK_PASSWORD",
    fields: [{ path: "input.newPassword", message: expect.any(String) }],
  });
  expect(await phone.run(ResetPassword, { input: { token, newPassword: third } })).toMatchObject({
    resetPassword: { endedSessionIds: endedSessionIds(2) },
  });
  expect(await phone.run(PasswordResetToken, { token })).toMatchObject({ checkPasswordResetToken: { valid: false } });
  for (const device of [laptop, phone]) {
    expect(await refusalOf(device.run(Me, {}))).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(device.auth.getState()).toMatchObject({ status: "SIGNED_OUT" });
  }

  // She logs out of one device, and deletes the account from the other.
  await logIn(phone, email, third);
  await logIn(laptop, email, third);
  expect(await phone.run(Logout, {})).toMatchObject({ logout: { endedSessionId: expect.any(String) } });
  expect([...phone.browser.cookies.keys()]).toEqual(transport === "COOKIE" ? ["__Host-portcullis_device"] : []);
  expect(await refusalOf(phone.run(Me, {}))).toMatchObject({ code: "UNAUTHENTICATED" });
  expect(await refusalOf(laptop.run(DeleteAccount, { input: { password: second } }))).toMatchObject({
    code: "FORBIDDEN",
    reason: "INCORRECT_PASSWORD",
  });
  expect(await laptop.run(DeleteAccount, { input: { password: third } })).toMatchObject({
    deleteAccount: { deletedUserId: me.id },
  });
  expect([...laptop.browser.cookies.keys()]).not.toContain("__Host-portcullis_refresh");
  await app.mail.waitForMail({ to: email, subject: /deleted/ });
  expect(await refusalOf(laptop.run(Me, {}))).toMatchObject({ code: "UNAUTHENTICATED" });
  expect(await refusalOf(logIn(laptop, email, third))).toMatchObject({ code: "INVALID_CREDENTIALS" });
};

const BOUND_TO_THE_API = {
  value: expect.any(String),
  path: "/",
  httpOnly: true,
  sameSite: "Strict",
  expires: expect.any(Date),
};
const HER_COOKIES = { "__Host-portcullis_refresh": BOUND_TO_THE_API, "__Host-portcullis_device": BOUND_TO_THE_API };
