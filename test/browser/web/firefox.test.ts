import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type AuthenticatorApp, enableTotp, waitForNewCode } from "../../support/clients/factors.ts";
import { present } from "../../support/clients/narrow.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import { newEmail, newPassword, type SignedInUser } from "../../support/factories/users.ts";
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

  // Not puppeteer's locators: they compile text to functions in the page, which its Content-Security-Policy refuses.
  const waitFor = async (page: Page, selector: string) => present(await page.waitForSelector(selector));
  /** By the element of the label: Firefox gives the label the same accessible name, and password fields no role. */
  const type = async (page: Page, label: string, text: string): Promise<void> => {
    const labelled = `@id = //label[normalize-space() = "${label}"]/@for or @aria-label = "${label}"`;
    await (await waitFor(page, `::-p-xpath(//input[${labelled}])`)).type(text);
  };
  /** Not by puppeteer's `aria` selector, which asks Firefox for the names of all elements at each change of the page. */
  const press = async (page: Page, name: string): Promise<void> => {
    const isNamed = `@aria-label = "${name}" or (not(@aria-label) and normalize-space() = "${name}")`;
    const button = await waitFor(page, `::-p-xpath(//button[${isNamed}])`);
    await button.focus();
    await page.keyboard.press("Enter");
  };
  const shows = (page: Page, text: string) => waitFor(page, `::-p-xpath(//*[normalize-space() = "${text}"])`);
  const isAt = (page: Page, path: string) => expect.poll(() => page.evaluate("location.pathname")).toBe(path);

  const signIn = async (page: Page, user: SignedInUser, authenticator: AuthenticatorApp): Promise<void> => {
    await type(page, "E-mail address or username", user.email);
    await type(page, "Password", user.password);
    await press(page, "Sign in");
    await type(page, "Code of your authenticator app", authenticator.code(app.clock.now()));
    await page.keyboard.press("Enter");
  };

  it("register a user by the link in the mail", async () => {
    const email = newEmail("firefox");
    const page = await open("/sign-up");
    await type(page, "Your name", "Ada");
    await type(page, "E-mail address", email);
    await type(page, "Password", newPassword());
    await press(page, "Create the account");
    await shows(page, "Check your mail");
    await page.goto(linkIn(await app.mail.waitForMail({ to: email })));
    await press(page, "Confirm my address");
    await press(page, "Not now");
    await isAt(page, "/account");
    expect(errors).toEqual([]);
  });

  it("sign an admin in with a second factor, who ends another session and finds a user", async () => {
    const tenant = await createTenant(app, "Acme");
    const admin = await createMember(app, tenant, "ADMIN");
    const [member, bystander] = [await createMember(app, tenant), await createMember(app, tenant)];
    const { authenticator } = await enableTotp(app, admin);
    waitForNewCode(app);

    const page = await open("/sign-in?return_to=/account/sessions");
    await signIn(page, admin, authenticator);
    await isAt(page, "/account/sessions");
    await press(page, "End session: Firefox on Windows");
    await press(page, "End session");
    await shows(page, "The session has ended.");

    await page.goto(new URL("/console/users", origin).href);
    await shows(page, bystander.email);
    await type(page, "Search", member.email);
    await page.waitForSelector(`::-p-xpath(//*[. = "${bystander.email}"])`, { hidden: true });
    await shows(page, member.email);
    expect(errors).toEqual([]);
  });
});
