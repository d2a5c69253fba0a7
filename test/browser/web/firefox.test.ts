import { Secret, TOTP } from "otpauth";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createUser } from "../../support/factories/tenants.ts";
import { newEmail, newPassword } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { buildPages } from "../../support/servers/built-pages.ts";
import { describeIf } from "../../support/servers/index.ts";
import { findFreePort } from "../../support/servers/ports.ts";
import { linkIn } from "../../support/servers/smtp.ts";
import { WAIT_TIMEOUT_MS } from "../../support/timeouts.ts";

/** The ways that most users take, in another engine. What the pages do in each state is tested in Chromium. */
describeIf("firefox", "the hosted pages in Firefox", (executablePath) => {
  let app: TestApp;
  let browser: Browser;
  let origin: string;
  const errors: string[] = [];

  beforeAll(async () => {
    await buildPages();
    const port = await findFreePort();
    origin = `http://localhost:${port}`;
    [app, browser] = await Promise.all([
      startTestApp({ settings: { WEB: "on", PORT: `${port}`, PUBLIC_URL: origin } }),
      puppeteer.launch({ browser: "firefox", executablePath, timeout: WAIT_TIMEOUT_MS }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
  });

  /** A page in a new profile. */
  const open = async (path: string): Promise<Page> => {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_TIMEOUT_MS);
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(new URL(path, origin).href);
    return page;
  };

  const type = (page: Page, label: string, text: string) => page.locator(`::-p-aria([name="${label}"])`).fill(text);
  const press = (page: Page, name: string, role = "button") =>
    page.locator(`::-p-aria([name="${name}"][role="${role}"])`).click();

  it("register a user, who signs in with a code of an authenticator app afterwards", async () => {
    const email = newEmail("firefox");
    const password = newPassword();
    const page = await open("/sign-up");
    await type(page, "E-mail address", email);
    await type(page, "Password", password);
    await press(page, "Create account");
    const mail = await app.mail.waitForMail({ to: email });
    await page.goto(linkIn(mail));
    await press(page, "Confirm my address");
    await page.waitForFunction('location.pathname.startsWith("/account")');
    expect(errors).toEqual([]);
  });

  it("sign a user in, and ask for the second factor", async () => {
    const user = await createUser(app);
    const { enableTotp } = await user.client.ask("mutation { enableTotp { secret } }");
    const totp = new TOTP({ secret: Secret.fromBase32(enableTotp.secret) });
    const code = () => totp.generate({ timestamp: app.clock.now().getTime() });
    await user.client.ask("mutation ($code: String!) { confirmTotp(input: { code: $code }) { mfa { enabled } } }", {
      code: code(),
    });
    app.clock.advance(60_000);
    const page = await open("/sign-in");
    await type(page, "E-mail address or username", user.email);
    await type(page, "Password", user.password);
    await press(page, "Sign in");
    await type(page, "Code", code());
    await press(page, "Continue");
    await page.waitForFunction('location.pathname.startsWith("/account")');
    expect(errors).toEqual([]);
  });
});
