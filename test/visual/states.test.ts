import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { type Tenant, tenants } from "#features/tenants/index";
import { HOUR, MINUTE } from "#shared/durations";
import { type BrowserProfile, startWebApp, type WebApp, type WebPage } from "../browser/web/page.ts";
import { enterPassword, enterUnusually, openAs } from "../browser/web/signed-in.ts";
import { enableTotp, waitForNewCode } from "../support/clients/factors.ts";
import { insertCrowd } from "../support/factories/crowds.ts";
import { createMember, createTenant, createUser } from "../support/factories/tenants.ts";
import { logIn, newPassword, type SignedInUser } from "../support/factories/users.ts";
import { describeIf } from "../support/servers/index.ts";
import { linkIn } from "../support/servers/smtp.ts";
import { differenceFrom } from "./compare.ts";
import { screenshotOf } from "./screenshot.ts";

const LOOKS: readonly (readonly [look: string, profile: BrowserProfile])[] = [
  ["desktop", {}],
  ["phone-dark", { phone: true, dark: true }],
];

/** States that a page has only after something happened. */
describeIf("chromium", "the screenshot", (executablePath) => {
  let web: WebApp;
  let tenant: Tenant;
  let admin: SignedInUser;

  beforeAll(async () => {
    web = await startWebApp(executablePath);
    tenant = await createTenant(web.app, "Acme");
    admin = await createMember(web.app, tenant, "ADMIN");
    await insertCrowd(web.app, tenant, { size: 300, suspendedEvery: 7 });
  });
  afterAll(() => web?.stop());
  // Every state has the hour's logins to itself.
  beforeEach(() => web.app.clock.advance(HOUR));
  afterEach(() => web.closePages());

  /** A user of a new tenant with this policy. */
  const userWith = async (policy: Partial<Tenant>) => {
    const { id } = await createTenant(web.app);
    await web.app.app.db.update(tenants).set(policy).where(eq(tenants.id, id));
    return createMember(web.app, { id });
  };

  const atSecondFactor = async (profile: BrowserProfile): Promise<WebPage> => {
    const user = await createUser(web.app);
    await enableTotp(web.app, user);
    waitForNewCode(web.app);
    const page = await web.open("/sign-in", profile);
    await enterPassword(page, user);
    await page.shows("Enter your code");
    return page;
  };

  const STATES: Readonly<Record<string, (profile: BrowserProfile) => Promise<WebPage>>> = {
    "sign-in-wrong-password": async (profile) => {
      const page = await web.open("/sign-in", profile);
      await enterPassword(page, { ...admin, password: newPassword() });
      await page.says("The address or the password is wrong.");
      return page;
    },
    "second-factor": atSecondFactor,
    "second-factor-other-ways": async (profile) => {
      const page = await atSecondFactor(profile);
      await page.press("Can’t access it? Use another way");
      await page.says("Use a backup code");
      return page;
    },
    "sign-in-waiting": async (profile) => {
      const page = await web.open("/sign-in", profile);
      await enterUnusually(page, await createUser(web.app));
      await page.shows("Is this you?");
      return page;
    },
    "is-this-you": async (profile) => {
      const user = await createUser(web.app);
      await enterUnusually(await web.open("/sign-in"), user);
      const mail = await web.app.mail.waitForMail({ to: user.email, subject: /Was that you/ });
      const page = await web.open(linkIn(mail), profile);
      await page.shows("Is this you?");
      return page;
    },
    "high-risk-code": async (profile) => {
      const page = await web.open("/sign-in", profile);
      await enterUnusually(page, await userWith({ secondFactorAtRisk: 45 }));
      await page.says("This sign-in is unusual for you");
      return page;
    },
    "session-limit": async (profile) => {
      const user = await userWith({ maxSessions: 1 });
      await logIn(web.app.client(), user.email, user.password);
      web.app.clock.advance(MINUTE);
      const page = await web.open("/sign-in", profile);
      await enterPassword(page, user);
      await page.shows("Another device was signed out");
      return page;
    },
    "signed-out-by-limit": async (profile) => {
      const page = await web.open("/sign-in?reason=SESSION_LIMIT", profile);
      await page.says("You have signed in on another device");
      return page;
    },
    "signed-out-by-new-password": async (profile) => {
      const page = await web.open("/sign-in?reason=PASSWORD_CHANGED", profile);
      await page.shows("Sign in");
      return page;
    },
    "step-up": async (profile) => {
      const page = await openAs(web, await createUser(web.app), "/account/factors", profile);
      await page.press("Set up");
      await page.shows("Confirm that it is you");
      await page.page.getByLabel("Your password").waitFor();
      return page;
    },
    "delete-account": async (profile) => {
      const page = await openAs(web, await createUser(web.app), "/account/data", profile);
      await page.press("Delete account");
      await page.shows("Delete your account?");
      return page;
    },
    "command-palette": async (profile) => {
      const page = await openAs(web, admin, "/console/users", profile);
      await page.says("person300@acme.example");
      await page.page.keyboard.press("Control+k");
      await page.page.getByRole("searchbox", { name: "Commands" }).waitFor();
      await page.page.keyboard.type("person77@");
      await page.page.getByRole("menuitem", { name: "Person 77" }).waitFor();
      return page;
    },
    "users-none-found": async (profile) => {
      const page = await openAs(web, admin, "/console/users?search=zebra", profile);
      await page.says("No users match");
      return page;
    },
    "users-unavailable": async (profile) => {
      const page = await openAs(web, admin, "/console", profile);
      await page.shows("Overview");
      await page.page.route("**/graphql", (route) =>
        route.request().postData()?.includes("ConsoleUsers(")
          ? route.fulfill({ json: { data: null, errors: [UNAVAILABLE] } })
          : route.continue(),
      );
      await page.press("Users", "link");
      await page.says("Try again");
      return page;
    },
    "users-many": async (profile) => {
      const page = await openAs(web, admin, "/console/users", profile);
      await page.says("person300@acme.example");
      return page;
    },
    "users-filtered": async (profile) => {
      const page = await openAs(web, admin, "/console/users?status=SUSPENDED&sort=EMAIL", profile);
      await page.says("42 entries");
      return page;
    },
    attempts: async (profile) => {
      const page = await openAs(web, admin, "/console/attempts", profile);
      await page.page.getByRole("row").nth(3).waitFor();
      return page;
    },
  };

  it.each(LOOKS)("of every state is as committed: %s", async (look, profile) => {
    const differences: string[] = [];
    for (const [name, reach] of Object.entries(STATES)) {
      const { page } = await reach(profile);
      const difference = await differenceFrom(`${look}/state-${name}`, await screenshotOf(page));
      if (difference) differences.push(difference);
      await web.closePages();
      web.app.clock.advance(HOUR);
    }
    expect(differences).toEqual([]);
  });
});

const UNAVAILABLE = { message: "Unavailable.", extensions: { code: "SERVICE_UNAVAILABLE" } };
