import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createUser } from "../../support/factories/tenants.ts";
import { newEmail, newPassword, tokenIn } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { linkIn, linkTokenOf } from "../../support/servers/smtp.ts";

const REGISTER = "mutation ($input: RegisterInput!) { register(input: $input) { next } }";
const RESET = "mutation ($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }";
const CHANGE = "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }";

describe("the tokens of links in mails", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ settings: { VERIFY_EMAIL_URL: "https://app.example.com/#/verify" } });
  });
  afterAll(() => app.stop());

  const resetMail = async (email: string) => {
    await app.client().ask(RESET, { email });
    return app.mail.waitForMail({ to: email, subject: "Choose a new password" });
  };

  it("are never sent to a server: no address in a mail contains them before its fragment", async () => {
    const { email } = await createUser(app);
    const mail = await resetMail(email);
    const token = tokenIn(mail);
    expect(token).toMatch(/^[0-9A-Za-z]{65}$/);
    const [, ...links] = `${mail.html}`.split('href="').map((part) => part.slice(0, part.indexOf('"')));
    expect(links).toHaveLength(2);
    for (const link of [linkIn(mail), ...links]) {
      const url = new URL(link);
      expect(url.hash).toBe(`#token=${token}`);
      url.hash = "";
      expect(url.href).not.toContain(token);
    }
  });

  it("are inside the fragment of a page with a hash route", async () => {
    const email = newEmail("hash");
    await app.client().ask(REGISTER, { input: { email, password: newPassword() } });
    const url = linkIn(await app.mail.waitForMail({ to: email }));
    expect(url).toMatch(/^https:\/\/app\.example\.com\/#\/verify\?token=[0-9A-Za-z]{65}$/);
    expect(linkTokenOf(url)).not.toBe("");
  });

  it("are accepted in the format of earlier versions, once", async () => {
    const { email } = await createUser(app);
    const token = earlierSpellingOf(tokenIn(await resetMail(email)));
    expect(token).toHaveLength(64);
    await app.client().ask(CHANGE, { input: { token, newPassword: newPassword() } });
    const again = { input: { token, newPassword: newPassword() } };
    expect(await app.client().refused(CHANGE, again)).toMatchObject({ code: "INVALID_TOKEN" });
  });
});

/** The same 48 bytes in base64url. */
const earlierSpellingOf = (token: string): string => {
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const value = [...token].reduce((sum, digit) => sum * 62n + BigInt(digits.indexOf(digit)), 0n);
  return Buffer.from(value.toString(16).padStart(96, "0"), "hex").toString("base64url");
};
