import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { type Tenant, tenants } from "#features/tenants/index";
import { HOUR, MINUTE } from "#shared/durations";
import { AuthenticatorApp, enableTotp, waitForNewCode } from "../../support/clients/factors.ts";
import { createMember, createTenant, createUser } from "../../support/factories/tenants.ts";
import { logIn, newPassword } from "../../support/factories/users.ts";
import { describeIf } from "../../support/servers/index.ts";
import { linkIn } from "../../support/servers/smtp.ts";
import { addAuthenticator } from "../authenticator.ts";
import { startWebApp, type WebApp } from "./page.ts";
import { enterPassword, enterUnusually } from "./signed-in.ts";

const PROTECT = "Protect your account";

describeIf("chromium", "the sign-in page", (executablePath) => {
  let web: WebApp;

  beforeAll(async () => {
    web = await startWebApp(executablePath);
  });
  afterAll(() => web?.stop());
  // Every test has the hour's logins to itself.
  beforeEach(() => web.app.clock.advance(HOUR));
  afterEach(() => web.closePages());

  /** A user of a new tenant with this policy. */
  const userWith = async (policy: Partial<Tenant>) => {
    const tenant = await createTenant(web.app);
    await web.app.app.db.update(tenants).set(policy).where(eq(tenants.id, tenant.id));
    return createMember(web.app, tenant);
  };

  const codeMailedTo = async (to: string): Promise<string> =>
    (await web.app.mail.waitForMail({ to, subject: /^\d{6}/ })).subject?.slice(0, 6) ?? "";

  const confirmationFor = async (to: string): Promise<string> =>
    linkIn(await web.app.mail.waitForMail({ to, subject: /Was that you/ }));

  it("signs in with the password, suggests a second factor once, and leads to the page that was asked for", async () => {
    const user = await createUser(web.app);
    const page = await web.open("/account?tab=1");
    await page.isAt("/sign-in");
    await page.check();
    await enterPassword(page, { ...user, password: newPassword() });
    await page.says("The address or the password is wrong.");
    await page.check();
    await page.type("Password", user.password);
    await page.enter();
    await page.shows(PROTECT);
    await page.check();
    await page.press("Not now");
    await page.isAt("/account");
    expect(new URL(page.page.url()).search).toBe("?tab=1");

    const again = await page.newTab("/sign-in?return_to=/account");
    await again.isAt("/account");
    expect([...page.errors, ...again.errors]).toEqual([]);
  });

  it.each(["//evil.example/", "https://evil.example/", "/\\evil.example/", "javascript:alert(1)", "/sign-in"])(
    "does not lead to %s",
    async (address) => {
      const user = await createUser(web.app);
      const page = await web.open(`/sign-in?return_to=${encodeURIComponent(address)}`);
      await enterPassword(page, user);
      await page.press("Not now");
      await page.isAt("/account");
      expect(new URL(page.page.url()).origin).toBe(web.origin);
    },
  );

  it("asks for the code of the app, or a backup code instead", async () => {
    const user = await createUser(web.app);
    const { authenticator, backupCodes } = await enableTotp(web.app, user);
    waitForNewCode(web.app);
    const page = await web.open("/sign-in");
    await enterPassword(page, user);
    await page.shows("Enter your code");
    await page.type("Code of your authenticator app", authenticator.wrongCode(web.app.clock.now()));
    await page.enter();
    await page.says("This code is wrong. You have 4 more attempts.");
    await page.check();
    await page.page.reload();
    await page.shows("Enter your code");
    await page.type("Code of your authenticator app", authenticator.code(web.app.clock.now()));
    await page.enter();
    await page.isAt("/account");

    const other = await web.open("/sign-in", { dark: true });
    await enterPassword(other, user);
    await other.press("Can’t access it? Use another way");
    await other.check();
    await other.press("Use a backup code");
    await other.shows("Enter a backup code");
    await other.type("Backup code", backupCodes[0] ?? "");
    await other.check();
    await other.enter();
    await other.isAt("/account");
  });

  it("adds a passkey, which then signs in without a password, and is the second factor after one", async () => {
    const user = await createUser(web.app);
    const page = await web.open("/sign-in");
    const authenticator = await addAuthenticator(page.page);
    await enterPassword(page, user);
    await page.press("Add a passkey");
    await page.isAt("/account");
    expect((await authenticator.credential()).isResidentCredential).toBe(true);

    // Otherwise the finger on the reader answers the request of the autofill list.
    await page.page.addInitScript(
      "if (globalThis.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false",
    );
    const forgetSession = async () => {
      // A page that is left sets no cookie any more.
      await page.page.goto("about:blank");
      await page.page.context().clearCookies();
      await page.page.goto(`${web.origin}/sign-in`);
    };
    await forgetSession();
    await page.press("Sign in with a passkey");
    await page.isAt("/account");

    await forgetSession();
    await enterPassword(page, user);
    await page.shows("Use your passkey");
    await page.check();
    const { signCount } = await authenticator.credential();
    await page.press("Continue with your passkey");
    await page.isAt("/account");
    expect((await authenticator.credential()).signCount).toBeGreaterThan(signCount);
    expect(page.errors).toEqual([]);
  });

  it("waits for the answer to a mail, and continues when the number was entered elsewhere", async () => {
    const user = await createUser(web.app);
    const page = await web.open("/sign-in");
    await enterUnusually(page, user);
    await page.shows("Is this you?");
    await page.check();
    const number = await page.page.locator("figure strong").innerText();

    const phone = await web.open(await confirmationFor(user.email), { phone: true });
    await phone.shows("Is this you?");
    expect(phone.page.url()).not.toContain("token");
    await phone.check();
    await phone.type("Number in the other window", number);
    await phone.press("Yes, it is me");
    await phone.shows("The sign-in is confirmed");
    await page.shows(PROTECT);
    await page.press("Not now");
    await page.isAt("/account");
    expect(phone.errors).toEqual([]);
  });

  it("ends a waiting sign-in that its user denies, and says so", async () => {
    const user = await createUser(web.app);
    const page = await web.open("/sign-in");
    await enterUnusually(page, user);
    await page.shows("Is this you?");
    const phone = await web.open(await confirmationFor(user.email), { phone: true });
    await phone.press("No, it is not me");
    await phone.shows("Your account is secured");
    await phone.check();
    await page.says("This sign-in was denied");
    await page.check();
  });

  it("asks for a mailed code if the risk is high", async () => {
    const user = await userWith({ secondFactorAtRisk: 45 });
    const page = await web.open("/sign-in", { dark: true });
    await enterUnusually(page, user);
    await page.shows("Check your mail");
    await page.says("This sign-in is unusual for you");
    await page.check();
    await page.type("Code from the mail", await codeMailedTo(user.email));
    await page.toggle("This is my own device");
    await page.press("Sign in");
    await page.press("Not now");
    await page.isAt("/account");
  });

  it("names the session that the third sign-in ends, which says why", async () => {
    const user = await userWith({ maxSessions: 2 });
    const first = await web.open("/sign-in");
    await enterPassword(first, user);
    await first.press("Not now");
    await first.isAt("/account");
    // An open page would still use its session.
    await first.page.goto("about:blank");
    web.app.clock.advance(MINUTE);
    await logIn(web.app.client(), user.email, user.password);

    const third = await web.open("/sign-in", { phone: true });
    await enterPassword(third, user);
    await third.shows("Another device was signed out");
    await third.check();
    await third.press("Continue");
    await third.press("Not now");
    await third.isAt("/account");

    await first.page.goto(`${web.origin}/account`);
    await first.isAt("/sign-in");
    await first.says("You have signed in on another device");
    await first.check();
  });

  it("adds an authenticator app if the tenant requires a factor, and shows the backup codes", async () => {
    const user = await userWith({ secondFactor: "REQUIRED_OWN", requireSecondFactor: true });
    const page = await web.open("/sign-in");
    await enterPassword(page, user);
    await page.type("Code from the mail", await codeMailedTo(user.email));
    await page.enter();
    await page.shows("Add a second factor");
    await page.check();
    await page.press("Use an authenticator app");
    await page.shows("Set up your authenticator app");
    await page.check();
    const authenticator = new AuthenticatorApp((await page.page.locator("details code").textContent()) ?? "");
    await page.type("Code of your authenticator app", authenticator.code(web.app.clock.now()));
    await page.enter();
    await page.shows("Save your backup codes");
    expect(await page.page.getByRole("listitem").count()).toBe(10);
    await page.check();
    await page.press("I have saved them");
    await page.isAt("/account");
  });
});
