import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { Tenant } from "#features/tenants/index";
import { HOUR } from "#shared/durations";
import { present } from "../../support/clients/narrow.ts";
import { createMember, createTenant, createUserAs, submitRegistration } from "../../support/factories/tenants.ts";
import { newEmail, type SignedInUser } from "../../support/factories/users.ts";
import { describeIf } from "../../support/servers/index.ts";
import { type SapSystem, startSapSystem } from "../../support/servers/sap.ts";
import { startWebApp, type WebApp } from "./page.ts";
import { confirmWithPassword, openAs, openSessionOf } from "./signed-in.ts";

const TENANT = /* GraphQL */ `
  query {
    tenant {
      name
      brand { name color logoUrl }
      policy { secondFactor maxSessions registration }
      roles { name description permissions }
      registrations(first: 20) { nodes { email status reason } }
      invitations(first: 20) { nodes { email status } }
      members(first: 20) { nodes { email status roles { name } } }
      sapSystem { reachable }
    }
  }
`;

describeIf("chromium", "the settings and people of a tenant in the console", (executablePath) => {
  let web: WebApp;
  let sap: SapSystem;
  let tenant: Tenant;
  let admin: SignedInUser;

  beforeAll(async () => {
    sap = await startSapSystem();
    web = await startWebApp(executablePath, { settings: { OUTGOING_PRIVATE_NETWORKS: "127.0.0.0/8" } });
  });
  afterAll(async () => {
    await web?.stop();
    await sap?.stop();
  });
  beforeEach(async () => {
    web.app.clock.advance(HOUR);
    tenant = await createTenant(web.app, "Acme", { registration: "APPROVAL" });
    admin = await createMember(web.app, tenant, "ADMIN");
  });
  afterEach(() => web.closePages());

  const stateOf = async (user = admin) => (await user.client.ask(TENANT)).tenant;

  it("approves ten registrations, and rejects one with a reason", async () => {
    const emails = Array.from({ length: 11 }, () => newEmail("applicant"));
    for (const email of emails) await submitRegistration(web.app, tenant, { email });
    const page = await openAs(web, admin, "/console/registrations");
    await page.shows("Registrations");
    await page.check();

    const [rejected = ""] = emails;
    await page.pressInRow(rejected, "Reject");
    await page.type("Reason", "Not a customer");
    await page.press("Reject");
    await page.says("The registration is rejected.");

    await page.page.getByText(rejected).waitFor({ state: "detached" });
    await page.selectRows();
    await page.press("Approve 10 registrations");
    await page.says("10 registrations are approved.");
    const { registrations } = await stateOf();
    const expected = emails.map((email) =>
      email === rejected
        ? { email, status: "REJECTED", reason: "Not a customer" }
        : { email, status: "APPROVED", reason: null },
    );
    expect(present(registrations).nodes).toEqual(expect.arrayContaining(expected));
    for (const email of emails.slice(1)) await web.app.mail.waitForMail({ to: email, subject: /approved/i });
  });

  it("changes the policy after a step-up, and shows its effect before", async () => {
    const page = await openAs(web, admin, "/console/policy");
    await page.shows("Security policy");
    await page.check();
    await page.page.getByRole("radio", { name: /^Own factor required/ }).focus();
    await page.page.keyboard.press("Space");
    const effect = page.page.getByRole("row", { name: /Users who must add a second factor/ });
    await expect.poll(() => effect.innerText()).toMatch(/0\s+1/);

    await page.press("Save");
    await page.shows("Confirm that it is you");
    await page.page.keyboard.press("Escape");
    expect((await stateOf()).policy.secondFactor).toBe("OPTIONAL");

    await page.press("Save");
    await confirmWithPassword(page, admin);
    await page.says("The policy is saved.");
    expect((await stateOf()).policy.secondFactor).toBe("REQUIRED_OWN");
  });

  it("creates a role, invites a person with it, and revokes the invitation", async () => {
    const page = await openAs(web, admin, "/console/roles");
    await page.press("New role");
    await page.type("Name", "Support");
    await page.toggle(/^users:read/);
    await page.press("Save");
    await confirmWithPassword(page, admin);
    await page.says("The role Support is saved.");
    await page.check();

    await page.press("Invitations", "link");
    const email = newEmail("invited");
    await page.says("No invitations");
    await page.press("Invite a person");
    await page.type("E-mail address", email);
    await page.toggle(/^Support/);
    await page.press("Send the invitation");
    await page.says(`The invitation to ${email} is on its way.`);
    await web.app.mail.waitForMail({ to: email });
    await page.check();

    await page.pressInRow(email, "Revoke");
    await page.shows("Revoke the invitation");
    await page.press("Revoke");
    await page.says("The invitation is revoked.");
    const { roles, invitations } = await stateOf();
    expect(roles).toContainEqual({ name: "Support", description: null, permissions: ["users:read"] });
    expect(present(invitations).nodes).toEqual([{ email, status: "REVOKED" }]);
  });

  it("suspends a member, changes their roles, and removes them", async () => {
    const bob = await createMember(web.app, tenant);
    const page = await openAs(web, admin, "/console/members");
    await page.shows("Members");
    await page.check();
    await page.chooseInRow(bob.email, "Suspend");
    await page.shows("Suspend");
    await page.press("Suspend");
    await page.says(`The membership of ${bob.email} is suspended.`);
    expect(await bob.client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });

    await page.chooseInRow(bob.email, "Change roles");
    await page.toggle(/^ADMIN/);
    await page.press("Save");
    await confirmWithPassword(page, admin);
    await page.says(`The roles of ${bob.email} are changed.`);
    const member = async () => present((await stateOf()).members).nodes.find(({ email }) => email === bob.email);
    expect(await member()).toMatchObject({ status: "SUSPENDED" });
    expect(present(await member()).roles).toContainEqual({ name: "ADMIN" });

    await page.chooseInRow(bob.email, "Remove");
    await page.shows("Remove");
    await page.press("Remove");
    await page.says(`${bob.email} is no longer a member.`);
    expect(await member()).toBeUndefined();
  });

  it("follows an export and saves its file", async () => {
    const page = await openAs(web, admin, "/console/exports");
    await page.press("New export");
    await page.press("Start the export");
    await confirmWithPassword(page, admin);
    await page.says("The export has started.");
    await page.says("Ready");
    await page.check();
    const [saved] = await Promise.all([page.page.waitForEvent("download"), page.pressInRow("Ready", "Download")]);
    expect(await readFile(await saved.path(), "utf8")).toContain(admin.email);
    await page.pressInRow("Ready", "Delete");
    await page.says("The export is deleted.");
    await page.says("No exports");
  });

  it("connects an SAP system, and says why it cannot", async () => {
    const page = await openAs(web, admin, "/console/sap");
    await page.shows("SAP");
    await page.check();
    await page.press("Connect SAP");
    await page.type("Address", sap.baseUrl);
    await page.type("SAP user", sap.login.username);
    await page.type("Password", "wrong");
    await page.press("Connect SAP");
    await confirmWithPassword(page, admin);
    await page.says("The SAP system does not accept these credentials.");
    expect((await stateOf()).sapSystem).toBeNull();
    await page.type("Password", sap.login.password);
    await page.press("Connect SAP");
    await page.says("The SAP system is connected.");
    expect((await stateOf()).sapSystem).toEqual({ reachable: true });
  });

  it("gives the sign-in page of the tenant a name and a colour", async () => {
    const page = await openAs(web, admin, "/console/brand");
    await page.type("Name", "Acme Travel");
    await page.enter();
    await confirmWithPassword(page, admin);
    await page.says("The brand is saved.");
    await page.type("Hexadecimal value", "#7a2048");
    await page.enter();
    await expect
      .poll(async () => (await stateOf()).brand)
      .toEqual({ name: "Acme Travel", color: "#7a2048", logoUrl: null });
    await page.check();
    const visitor = await web.open(`/sign-in?tenant=${tenant.slug}`);
    await visitor.says("Acme Travel");
  });

  it("lets operators suspend a tenant and record its domains", async () => {
    const operator = await createUserAs(web.app, "OPERATOR");
    const page = await openSessionOf(web, operator, "/console/tenants?search=Acme");
    await page.shows("Tenants");
    await page.check();
    await page.chooseInRow(tenant.slug, "Domains");
    await page.type("Domain", "acme.example");
    await page.press("Add the domain");
    await confirmWithPassword(page, operator);
    await page.press("Remove acme.example");
    await page.says("No domains");
    await page.press("Close");

    await page.chooseInRow(tenant.slug, "Suspend");
    await page.shows("Suspend");
    await page.press("Suspend");
    await page.says("Acme is suspended.");
    expect(await admin.client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
  });
});
