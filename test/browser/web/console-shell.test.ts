import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import { newEmail, newPassword } from "../../support/factories/users.ts";
import { describeIf } from "../../support/servers/index.ts";
import { startWebApp, type WebApp } from "./page.ts";
import { openAs } from "./signed-in.ts";

const REGISTER = "mutation ($input: RegisterInput!) { register(input: $input) { next } }";

describeIf("chromium", "the frame of the console", (executablePath) => {
  let web: WebApp;

  beforeAll(async () => {
    web = await startWebApp(executablePath);
  });
  afterAll(() => web?.stop());
  afterEach(() => web.closePages());

  it("shows how many registrations wait, also after a decision", async () => {
    const tenant = await createTenant(web.app, "Acme", { registration: "APPROVAL" });
    const admin = await createMember(web.app, tenant, "ADMIN");
    const first = newEmail("first");
    for (const email of [first, newEmail("second")])
      await web.app.client().ask(REGISTER, { input: { tenant: tenant.slug, email, password: newPassword() } });
    const visit = await openAs(web, admin, "/console/registrations");
    const link = visit.page.getByRole("navigation").getByRole("link", { name: /^Registrations/ });
    await link.getByText("2", { exact: true }).waitFor();
    await visit.check();
    await visit.pressInRow(first, "Approve");
    await link.getByText("1", { exact: true }).waitFor();
    expect(await link.innerText()).toMatch(/^Registrations\s*1$/);
  });

  it("finds a user on a phone, by touch", async () => {
    const tenant = await createTenant(web.app, "Acme");
    const admin = await createMember(web.app, tenant, "ADMIN");
    const member = await createMember(web.app, tenant);
    const visit = await openAs(web, admin, "/console", { phone: true });
    await visit.page.getByRole("button", { name: "Search" }).tap();
    await visit.page.getByRole("searchbox").fill(member.email.slice(0, -4));
    const found = visit.page.getByRole("menuitem", { name: member.email });
    await found.waitFor();
    await found.tap();
    await visit.isAt(`/console/users/${member.id}`);
    await visit.check();
  });
});
