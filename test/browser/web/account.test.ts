import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { HOUR } from "#shared/durations";
import { AuthenticatorApp } from "../../support/clients/factors.ts";
import { join } from "../../support/factories/memberships.ts";
import { createTenantWithUsers } from "../../support/factories/tenants.ts";
import { newPassword, signUp } from "../../support/factories/users.ts";
import { describeIf } from "../../support/servers/index.ts";
import { startWebApp, type WebApp } from "./page.ts";
import { confirmWithPassword, openAs } from "./signed-in.ts";

describeIf("chromium", "the account pages", (executablePath) => {
  let web: WebApp;

  beforeAll(async () => {
    web = await startWebApp(executablePath);
  });
  afterAll(() => web?.stop());
  beforeEach(() => web.app.clock.advance(HOUR));
  afterEach(() => web.closePages());

  it("are accessible, fit on phones, and log no error", async () => {
    const person = await signUp(web.app);
    const visit = await openAs(web, person, "/account");
    await visit.shows("Security overview");
    await visit.says("Only your password protects this account");
    await visit.check();
    for (const [link, heading] of [
      ["Profile", "Name and language"],
      ["Companies", "Your companies"],
      ["Password", "Change password"],
      ["Second factors", "Authenticator app"],
      ["Passkeys", "No passkeys yet"],
      ["Linked accounts", "No providers"],
      ["Sessions", "Signed in now"],
      ["Devices", "Known devices"],
      ["Security history", "Events"],
      ["Your data", "Delete your account"],
    ] as const) {
      await visit.press(link, "link");
      await visit.shows(heading);
      await visit.check();
    }
  });

  it("change the password, which signs the other browser out; that one says why", async () => {
    const person = await signUp(web.app);
    const other = await openAs(web, person, "/account/history");
    const visit = await openAs(web, person, "/account/password");
    await other.says("Signed in");

    await visit.type("Current password", "not the password at all");
    await visit.type("New password", newPassword());
    await visit.press("Change password");
    await visit.says("The password is wrong.");
    const field = visit.page.getByLabel("Current password", { exact: true });
    expect(await field.getAttribute("aria-invalid")).toBe("true");
    expect(other.page.url()).toContain("/account/history");

    await visit.type("Current password", person.password);
    await visit.press("Change password");
    await visit.says(/Your password is changed, and \d other sessions have ended/);
    await other.page.waitForURL((url) => url.searchParams.get("reason") === "PASSWORD_CHANGED");
    expect(new URL(other.page.url()).searchParams.get("return_to")).toBe("/account/history");
  });

  it("end a session in another browser, and list it with the reason", async () => {
    const person = await signUp(web.app);
    const other = await openAs(web, person, "/account");
    await other.shows("Security overview");
    await person.client.ask("mutation { logout { endedSessionId } }");
    const visit = await openAs(web, person, "/account/sessions");
    await visit.press(/^End session: /);
    await visit.shows("End this session?");
    await visit.press("Cancel");
    expect(other.page.url()).toContain("/account");

    await visit.press(/^End session: /);
    await visit.press("End session");
    await other.page.waitForURL((url) => url.searchParams.get("reason") === "REVOKED");
    await visit.says("Ended from another device");
    await visit.check();
  });

  it("show an event of the account as it happens", async () => {
    const person = await signUp(web.app);
    const visit = await openAs(web, person, "/account/history");
    await visit.says("Account created");
    const list = visit.page.getByRole("list", { name: "Events" });
    await openAs(web, person, "/account/profile");
    await list.getByText("New", { exact: true }).first().waitFor();
    await visit.check();
  });

  it("set up an authenticator app by keyboard, after a step-up that can be cancelled", async () => {
    const person = await signUp(web.app);
    const visit = await openAs(web, person, "/account/factors");
    await visit.press("Set up");
    await visit.shows("Confirm that it is you");
    await visit.check();
    await visit.page.keyboard.press("Escape");
    await visit.says("Confirm that it is you, then try again.");
    expect((await person.client.ask("{ me { mfa { enabled } } }")).me.mfa.enabled).toBe(false);

    await visit.press("Set up");
    await visit.shows("Confirm that it is you");
    await visit.type("Your password", "not the password at all");
    await visit.enter();
    await visit.says("The password is wrong.");
    await confirmWithPassword(visit, person);
    await visit.shows("Set up the authenticator app");
    await visit.check();
    const secret = (await visit.page.locator("code").first().innerText()).replaceAll(" ", "");
    await visit.type("Code that the app shows", new AuthenticatorApp(secret).code(web.app.clock.now()));
    await visit.enter();
    await visit.shows("Keep these backup codes");
    await visit.check();
    expect(await visit.page.getByRole("list", { name: "Backup codes" }).getByRole("listitem").count()).toBe(10);
    await visit.page.keyboard.press("Escape");
    await visit.shows("Keep these backup codes");
    await visit.press("I have stored them");
    await visit.says("10 unused codes");
    expect((await person.client.ask("{ me { mfa { totpEnabled } } }")).me.mfa.totpEnabled).toBe(true);
  });

  it("add, rename and remove a passkey", async () => {
    const person = await signUp(web.app);
    const visit = await openAs(web, person, "/account/passkeys");
    const devtools = await visit.page.context().newCDPSession(visit.page);
    await devtools.send("WebAuthn.enable");
    await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await visit.press("Add a passkey");
    await visit.type("Name", "Laptop");
    await visit.enter();
    await confirmWithPassword(visit, person);
    await visit.says("Laptop");
    await visit.says("never used");
    await visit.check();

    await visit.choose("Actions for Laptop", "Rename");
    await visit.type("Name", "Desk");
    await visit.enter();
    await visit.page.getByRole("button", { name: "Actions for Desk" }).waitFor();

    await visit.choose("Actions for Desk", "Remove");
    await visit.shows("Remove “Desk”?");
    await visit.press("Remove");
    await visit.shows("No passkeys yet");
    expect((await person.client.ask("{ me { passkeys { id } } }")).me.passkeys).toEqual([]);
  });

  it("switch the tenant of one tab, and say in that tab when the membership ends", async () => {
    const person = await signUp(web.app);
    const { admin, tenant } = await createTenantWithUsers(web.app, "Acme");
    const membership = await join(admin, person);
    const visit = await openAs(web, person, "/account/memberships");
    await visit.says("Acme");
    const second = await visit.newTab("/account/memberships");
    await second.page.getByRole("button", { name: /^Company: Default/ }).waitFor();

    await visit.choose(/^Company: Default/, tenant.name);
    await visit.page.getByRole("button", { name: /^Company: Acme/ }).waitFor();
    await visit.page.reload();
    await visit.page.getByRole("button", { name: /^Company: Acme/ }).waitFor();
    await second.page.getByRole("button", { name: /^Company: Default/ }).waitFor();

    await admin.client.ask(
      "mutation ($id: ID!) { removeMember(input: { membershipId: $id }) { deletedMembershipId } }",
      {
        id: membership.id,
      },
    );
    await visit.says("Your membership in this company has ended or is suspended.");
    await visit.check();
    await visit.press("Continue in your home company");
    await visit.shows("Your companies");
    await second.page.getByText("Acme").waitFor({ state: "detached" });
    await second.shows("Your companies");
  });

  it("delete the account after its password, and nothing without it", async () => {
    const person = await signUp(web.app);
    const visit = await openAs(web, person, "/account/data");
    await visit.press("Delete account");
    await visit.shows("Delete your account?");
    await visit.check();
    await visit.type("Your password", "not the password at all");
    await visit.enter();
    await visit.says("The password is wrong.");
    expect((await person.client.ask("{ me { id } }")).me.id).toBe(person.id);

    await visit.type("Your password", person.password);
    await visit.enter();
    await visit.page.waitForURL((url) => url.searchParams.get("reason") === "ACCOUNT_DELETED");
    await expect(person.client.ask("{ me { id } }")).rejects.toThrow("UNAUTHENTICATED");
  });
});
