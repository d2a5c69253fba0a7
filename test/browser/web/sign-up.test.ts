import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { findUserByEmail } from "#features/users/index";
import { HOUR } from "#shared/durations";
import { present } from "../../support/clients/narrow.ts";
import { newProviderUser, PROVIDER, socialSettings } from "../../support/clients/social.ts";
import { invite } from "../../support/factories/invitations.ts";
import { createMember, createTenant, createUser } from "../../support/factories/tenants.ts";
import { logIn, newEmail, newPassword } from "../../support/factories/users.ts";
import { describeIf } from "../../support/servers/index.ts";
import { type OidcProvider, startOidcProvider } from "../../support/servers/oidc-provider.ts";
import { findFreePort } from "../../support/servers/ports.ts";
import { linkIn } from "../../support/servers/smtp.ts";
import { startWebApp, type WebApp, type WebPage } from "./page.ts";

const APPROVE =
  "mutation ($id: ID!) { approveRegistration(input: { registrationId: $id }) { registration { status } } }";
const PENDING = "{ registrations(first: 10, filter: { status: PENDING }) { nodes { id email } } }";

/** All that a script can do to the controls of a page. */
const SCRIPTED_ATTEMPTS = `
  for (const button of document.querySelectorAll("main button"))
    for (const type of ["pointerdown", "mousedown", "pointerup", "mouseup", "click"])
      button.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true }));
  for (const button of document.querySelectorAll("main button")) button.click();
  for (const form of document.forms) form.requestSubmit();
`;

describeIf("chromium", "the pages of new users and of mailed links", (executablePath) => {
  let web: WebApp;
  let provider: OidcProvider;

  beforeAll(async () => {
    const port = await findFreePort();
    const redirectUris = [`http://localhost:${port}/sign-in/callback`];
    provider = await startOidcProvider({ redirectUris });
    web = await startWebApp(executablePath, {
      port,
      settings: socialSettings({ [PROVIDER]: provider }, redirectUris),
    });
  });
  afterAll(async () => {
    await web?.stop();
    await provider?.stop();
  });
  beforeEach(() => web.app.clock.advance(HOUR));
  afterEach(() => web.closePages());

  const linkFor = async (to: string, subject?: RegExp): Promise<string> =>
    linkIn(await web.app.mail.waitForMail({ to, ...(subject && { subject }) }));

  const signUp = async (page: WebPage, email: string, password: string): Promise<void> => {
    await page.shows("Create your account");
    await page.type("Your name", "Ada");
    await page.type("E-mail address", email);
    await page.type("Password", password);
    await page.enter();
  };

  it("sign-up and verification in one browser sign the user in", async () => {
    const email = newEmail("ada");
    const page = await web.open("/sign-in");
    await page.press("Create an account", "link");
    await page.shows("Create your account");
    await page.type("Password", "password");
    await page.says("It is one of the passwords that are tried first.");
    await page.check();
    await signUp(page, email, newPassword());
    await page.shows("Check your mail");
    await page.check();

    const tab = await page.newTab(await linkFor(email));
    await tab.shows("Confirm your e-mail address");
    expect(tab.page.url()).toBe(`${web.origin}/verify-email`);
    await tab.check();
    await tab.press("Confirm my address");
    await tab.press("Not now");
    await tab.isAt("/account");
    expect([...page.errors, ...tab.errors]).toEqual([]);
  });

  it("verification on another device asks for a password, and the one of the registration does not count", async () => {
    const [email, typed, chosen] = [newEmail("ada"), newPassword(), newPassword()];
    const desk = await web.open("/sign-up");
    await signUp(desk, email, typed);
    const phone = await web.open(await linkFor(email), { phone: true, dark: true });
    await phone.press("Confirm my address");
    await phone.shows("Choose a password");
    await phone.check();
    await phone.type("Password", chosen);
    await phone.enter();
    await phone.press("Not now");
    await phone.isAt("/account");
    await expect(logIn(web.app.client(), email, typed)).rejects.toThrow("INVALID_CREDENTIALS");
    await logIn(web.app.client(), email, chosen);
  });

  it("does nothing when a mail gateway opens the link and runs scripts in it", async () => {
    const email = newEmail("ada");
    const desk = await web.open("/sign-up");
    await signUp(desk, email, newPassword());
    const gateway = await web.open(await linkFor(email));
    await gateway.shows("Confirm your e-mail address");
    await gateway.page.evaluate(SCRIPTED_ATTEMPTS);
    await gateway.page.reload();
    await gateway.says("This page needs the link of our mail");
    await gateway.check();
    expect(await findUserByEmail(web.app.app.db, email)).toBeNull();
  });

  it("sign-up to a tenant that approves waits for its administrator", async () => {
    const tenant = await createTenant(web.app, "Acme", { registration: "APPROVAL" });
    const { client } = await createMember(web.app, tenant, "ADMIN");
    const email = newEmail("ada");
    const page = await web.open(`/sign-up?tenant=${tenant.slug}`);
    await page.says("An administrator approves new accounts.");
    await signUp(page, email, newPassword());
    await page.shows("Waiting for approval");
    await page.check();
    const { registrations } = await client.ask(PENDING);
    await client.ask(APPROVE, { id: present(present(registrations).nodes[0]).id });
    const tab = await page.newTab(await linkFor(email));
    await tab.press("Confirm my address");
    await tab.press("Not now");
    await tab.isAt("/account");
  });

  it("does not offer sign-up if accounts are by invitation, whose link leads to one", async () => {
    const tenant = await createTenant(web.app, "Acme", { registration: "INVITE_ONLY" });
    const page = await web.open(`/sign-in?tenant=${tenant.slug}`);
    await page.shows("Sign in");
    expect(await page.page.getByRole("link", { name: "Create an account" }).count()).toBe(0);
    const admin = await createMember(web.app, tenant, "ADMIN");
    const { mail } = await invite(web.app, admin);
    const invited = await web.open(linkIn(mail));
    await invited.shows("Accept the invitation");
    await invited.check();
    await invited.type("New password", newPassword());
    await invited.press("Accept and sign in");
    await invited.press("Not now");
    await invited.isAt("/account");

    const again = await web.open(linkIn(mail));
    await again.shows("This link is no longer valid");
    await again.check();
  });

  it("sets up a company, whose first administrator activates it", async () => {
    const email = newEmail("founder");
    const page = await web.open("/sign-up");
    await page.press("set up a company", "link");
    await page.shows("Set up your company");
    await page.type("Name of the company", "Analytical Engines");
    await page.type("Your name", "Ada");
    await page.type("E-mail address", email);
    await page.type("Password", newPassword());
    await page.toggle("Connect an SAP system now");
    await page.check();
    await page.toggle("Connect an SAP system now");
    await page.press("Set up the company");
    await page.shows("Check your mail");
    const tab = await page.newTab(await linkFor(email));
    await tab.shows("Activate your company");
    await tab.check();
    await tab.press("Activate the company");
    await tab.press("Not now");
    await tab.isAt("/account");
  });

  it("answers a forgotten password the same way for every address, and the link sets a new one", async () => {
    const user = await createUser(web.app);
    const answers = [];
    for (const email of [user.email, newEmail("unknown")]) {
      const page = await web.open("/sign-in");
      await page.press("Forgot your password?", "link");
      await page.type("E-mail address", email);
      await page.enter();
      await page.shows("Check your mail");
      await page.check();
      answers.push((await page.page.locator("main").innerText()).replace(email, "").replace(/\d+/, ""));
    }
    expect(answers[0]).toBe(answers[1]);

    const password = newPassword();
    const page = await web.open(await linkFor(user.email, /new password/), { phone: true });
    await page.shows("Choose a new password");
    await page.check();
    await page.type("New password", password);
    await page.enter();
    await page.shows("Your new password is set");
    await page.check();
    await logIn(web.app.client(), user.email, password);
  });

  it("signs in with an account elsewhere, and back at the page that was asked for", async () => {
    const { subject } = newProviderUser(provider);
    const page = await web.open("/account?tab=2");
    await page.press("Continue with Acme");
    await page.page.getByRole("button", { name: subject }).press("Enter");
    await page.press("Not now");
    await page.isAt("/account");
    expect(new URL(page.page.url()).search).toBe("?tab=2");
    expect(page.errors).toEqual([]);

    const refused = await web.open("/sign-in");
    await refused.press("Continue with Acme");
    await refused.page.getByRole("button", { name: "Cancel" }).press("Enter");
    await refused.says("The provider did not confirm the sign-in.");
    expect(refused.page.url()).toBe(`${web.origin}/sign-in/callback`);
    await refused.check();
  });

  it("is written from right to left in Arabic", async () => {
    const page = await web.open("/sign-up", { phone: true });
    await page.tabTo(page.page.getByRole("combobox", { name: "Language" }));
    await page.page.getByRole("combobox", { name: "Language" }).selectOption("ar");
    await page.shows("إنشاء حسابك");
    expect(await page.page.locator("html").getAttribute("dir")).toBe("rtl");
    await page.check();
  });
});
