import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { Tenant } from "#features/tenants/index";
import { insertCrowd } from "../../support/factories/crowds.ts";
import { join as joinTenant } from "../../support/factories/memberships.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import type { SignedInUser } from "../../support/factories/users.ts";
import { describeIf } from "../../support/servers/index.ts";
import { startWebApp, type WebApp, type WebPage } from "./page.ts";
import { openAs } from "./signed-in.ts";

const MANY_USERS = 100_000;
const SUSPENDED_EVERY = 1_250;

/** The addresses of the suspended users, in the order of the list. */
const SUSPENDED = Array.from(
  { length: MANY_USERS / SUSPENDED_EVERY },
  (_, n) => `person${(n + 1) * SUSPENDED_EVERY}@acme.example`,
).sort();
const PAGE = 50;

const ASSETS = fileURLToPath(new URL("../../../dist/web/assets", import.meta.url));

describeIf("chromium", "the console", (executablePath) => {
  let web: WebApp;
  let tenant: Tenant;
  let admin: SignedInUser;

  beforeAll(async () => {
    web = await startWebApp(executablePath);
    tenant = await createTenant(web.app, "Acme");
    admin = await createMember(web.app, tenant, "ADMIN");
    await insertCrowd(web.app, tenant, { size: MANY_USERS, suspendedEvery: SUSPENDED_EVERY });
  });
  afterAll(() => web?.stop());
  afterEach(() => web.closePages());

  /** A user whose history the API has, and a browser that is signed in as them. */
  const memberWithBrowser = async () => {
    const member = await createMember(web.app, tenant);
    return { member, browser: await openAs(web, member, "/console") };
  };

  const rowOf = (visit: WebPage, name: string | RegExp) => visit.page.getByRole("row").filter({ hasText: name });

  it("finds a user among 100,000 by keyboard, and opens the page", async () => {
    const visit = await openAs(web, admin, "/console/users");
    await visit.says("More than 10,000 entries");
    await visit.check();
    await visit.page.keyboard.press("/");
    await visit.page.keyboard.type("person82424@");
    await visit.says("One entry");
    expect(new URL(visit.page.url()).searchParams.get("search")).toBe("person82424@");
    await visit.page.keyboard.press("Tab");
    await visit.page.keyboard.press("j");
    await visit.enter();
    await visit.shows("Person 82424");
    await visit.says("person82424@acme.example");
    await visit.check();
  });

  it("shows what a link with filters and an order says, and turns pages", async () => {
    const visit = await openAs(web, admin, "/console/users?status=SUSPENDED&sort=EMAIL");
    await visit.says(`${SUSPENDED.length} entries`);
    const first = visit.page.getByRole("row").nth(1);
    expect(await first.innerText()).toContain(SUSPENDED[0]);
    await visit.press("Next page");
    await rowOf(visit, SUSPENDED[PAGE] ?? "").waitFor();
    expect(await first.innerText()).toContain(SUSPENDED[PAGE]);
    await visit.page.goBack();
    await rowOf(visit, SUSPENDED[0] ?? "").waitFor();
    await visit.press("Clear filters");
    await visit.says("More than 10,000 entries");
    expect(new URL(visit.page.url()).search).toBe("");
  });

  it("remembers a view of a list", async () => {
    const visit = await openAs(web, admin, "/console/users?status=SUSPENDED");
    await visit.press("Views");
    await visit.page.getByRole("menuitem", { name: "Save this view" }).waitFor();
    await visit.page.keyboard.press("End");
    await visit.enter();
    await visit.type("Name of the view", "Not allowed in");
    await visit.enter();
    await visit.page.getByRole("button", { name: "Not allowed in" }).waitFor();
    await visit.press("Clear filters");
    await visit.says("More than 10,000 entries");
    await visit.press("Views");
    await visit.page.getByRole("menuitem", { name: "Not allowed in" }).waitFor();
    await visit.enter();
    await visit.says(`${SUSPENDED.length} entries`);
  });

  it("ends a session, which signs that browser out", async () => {
    const { member, browser } = await memberWithBrowser();
    await browser.says("You do not have the permission for this page");
    const visit = await openAs(web, admin, `/console/sessions?state=live&user=${member.id}`);
    await visit.says(member.email);
    await visit.check();
    const rows = rowOf(visit, member.email);
    const before = await rows.count();
    await visit.tabTo(rows.first());
    await visit.page.keyboard.press("ArrowRight");
    await endSessionByKeyboard(visit);
    await visit.says("The session has ended.");
    await visit.says("Ended by an administrator");
    expect(await rows.count()).toBe(before);

    await browser.isAt("/sign-in");
  });

  const endSessionByKeyboard = async (visit: WebPage): Promise<void> => {
    const button = visit.page.getByRole("button", { name: "End session" }).first();
    for (let presses = 0; presses < 10; presses++) {
      if (await button.and(visit.page.locator(":focus")).count()) break;
      await visit.page.keyboard.press("ArrowRight");
    }
    await visit.enter();
    await visit.tabTo(visit.page.getByRole("alertdialog").getByRole("button", { name: "End session" }));
    await visit.enter();
  };

  it("suspends a user with a reason, and reactivates them", async () => {
    const member = await createMember(web.app, tenant);
    const visit = await openAs(web, admin, `/console/users/${member.id}?tab=history`);
    await visit.choose("Actions", "Suspend");
    await visit.type("Reason", "Left the company");
    await visit.press("Suspend");
    await visit.says("is suspended.");
    await visit.says("Account suspended");
    await visit.says("Left the company");
    // React Aria names the busy button for screen readers for some seconds more, when it is already gone.
    await visit.page.reload();
    await visit.says("Left the company");
    await visit.check();
    await visit.choose("Actions", "Reactivate");
    await visit.press("Reactivate");
    await visit.says("can sign in again.");
    await visit.says("Account reactivated");
  });

  it("says why it does not suspend a member of other tenants", async () => {
    const member = await createMember(web.app, tenant);
    await joinTenant(await createMember(web.app, await createTenant(web.app), "ADMIN"), member);
    const visit = await openAs(web, admin, `/console/users/${member.id}`);
    await visit.choose("Actions", "Suspend");
    await visit.press("Suspend");
    await visit.says("This user belongs to other tenants, too.");
    const { user } = await admin.client.ask("query ($id: ID!) { user(id: $id) { status } }", { id: member.id });
    expect(user?.status).toBe("ACTIVE");
  });

  it("deletes an account after a step-up", async () => {
    const member = await createMember(web.app, tenant);
    const visit = await openAs(web, admin, `/console/users/${member.id}`);
    await visit.choose("Actions", "Delete account");
    await visit.press("Delete account");
    await visit.shows("Confirm that it is you");
    await visit.type("Your password", admin.password);
    await visit.enter();
    await visit.isAt("/console/users");
    const { user } = await admin.client.ask("query ($id: ID!) { user(id: $id) { id } }", { id: member.id });
    expect(user).toBeNull();
  });

  it("goes to a page and to a user by the command palette", async () => {
    const visit = await openAs(web, admin, "/console");
    await visit.shows("Overview");
    await visit.page.keyboard.press("Control+k");
    await visit.page.getByRole("searchbox", { name: "Commands" }).waitFor();
    await visit.page.keyboard.type("audit");
    await visit.page.getByRole("menuitem", { name: "Audit log" }).waitFor();
    await visit.page.keyboard.press("ArrowDown");
    await visit.enter();
    await visit.isAt("/console/audit-log");
    await visit.shows("Audit log");

    await visit.page.keyboard.press("Control+k");
    await visit.page.keyboard.type("person77777@");
    await visit.page.getByRole("menuitem", { name: "Person 77777" }).waitFor();
    await visit.page.keyboard.press("ArrowDown");
    await visit.enter();
    await visit.shows("Person 77777");
  });

  it("neither shows nor opens a page whose permission is missing", async () => {
    const support = await createMember(web.app, tenant);
    await grant(support, "users:read");
    const visit = await openAs(web, support, "/console/users");
    await visit.says("More than 10,000 entries");
    const links = await visit.page.getByRole("navigation").getByRole("link").allInnerTexts();
    expect(links).toEqual(["Overview", "Users"]);
    for (const path of ["sessions", "attempts", "audit-log"]) {
      await visit.page.goto(new URL(`/console/${path}`, web.origin).href);
      await visit.says("You do not have the permission for this page");
      expect(await visit.page.getByRole("grid").count()).toBe(0);
    }
    await visit.check();
  });

  /** Gives a member a role with these permissions. */
  const grant = async (member: SignedInUser, ...permissions: readonly string[]): Promise<void> => {
    const { createRole } = await admin.client.ask(
      "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }",
      { input: { name: `Role of ${member.id}`, permissions } },
    );
    const { user } = await admin.client.ask("query ($id: ID!) { user(id: $id) { memberships { id roles { id } } } }", {
      id: member.id,
    });
    const membership = user?.memberships[0];
    const roleIds = [...(membership?.roles ?? []).map(({ id }: { id: string }) => id), createRole.role.id];
    await admin.client.ask(
      "mutation ($input: SetMemberRolesInput!) { setMemberRoles(input: $input) { membership { id } } }",
      {
        input: { membershipId: membership?.id, roleIds },
      },
    );
  };

  it("plots the logins of a tenant, with the figures in a table", async () => {
    const plotted = await createTenant(web.app);
    const owner = await createMember(web.app, plotted, "ADMIN");
    await web.app.app.db.execute(sql`
      insert into login_attempts (id, occurred_at, tenant_id, user_id, identifier, outcome, risk, ip_address, device)
      select id, uuid_extract_timestamp(id), ${plotted.id}, gen_random_uuid(), 'somebody', outcome,
        '{"score": 85, "level": "HIGH", "signals": [{"kind": "IMPOSSIBLE_TRAVEL", "points": 30}]}', '203.0.113.7',
        '{"label": "Firefox on Linux", "type": "DESKTOP"}'
      from (select uuid_at(${web.app.clock.now().toISOString()}::timestamptz - interval '26 hours') as id,
        case when n <= 7 then 'FAILED' else 'SUCCESS' end as outcome from generate_series(1, 31) as n) as made`);
    for (let run = 0; run < 3; run++) await web.app.app.statisticsRollUp.run();
    const visit = await openAs(web, owner, "/console?days=7");
    await visit.page.getByRole("img", { name: "Plot: Sign-ins by outcome" }).waitFor();
    await visit.tabTo(visit.page.locator("summary", { hasText: "Figures as a table" }).first());
    await visit.enter();
    const table = visit.page.getByRole("table", { name: "Sign-ins by outcome" });
    const rows = await table.getByRole("row").allInnerTexts();
    expect(rows.map((row) => row.split("\t").slice(1))).toContainEqual(["24", "0", "7", "0", "0"]);
    await visit.check();

    await visit.press(/Attempts of high risk/, "link");
    await visit.says("31 entries");
    await visit.pressInRow("High · 85", "High · 85");
    await visit.says("Impossible travel");
    await visit.check();
  });

  it("is accessible in the dark and from right to left", async () => {
    for (const path of ["/console", "/console/users", "/console/audit-log", `/console/users/${admin.id}`]) {
      const visit = await openAs(web, admin, path, { dark: true, locale: "ar" });
      await visit.page.locator("html[dir=rtl] main h1").waitFor();
      await visit.check();
    }
  });

  it("is not loaded by other pages", async () => {
    const visit = await web.open("/sign-in");
    await visit.shows("Sign in");
    const loaded = await visit.page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
    const scripts = loaded.filter((name) => name.endsWith(".js")).map((name) => name.split("/").at(-1) ?? "");
    expect(scripts.length).toBeGreaterThan(0);
    const texts = await Promise.all(scripts.map((name) => readFile(join(ASSETS, name), "utf8")));
    expect(texts.filter((text) => /recharts|ConsoleViewer|ConsoleUsers/.test(text))).toEqual([]);
    const built = await Promise.all((await readdir(ASSETS)).map((name) => readFile(join(ASSETS, name), "utf8")));
    expect(built.filter((text) => text.includes("ConsoleUsers")).length).toBeGreaterThan(0);
  });
});
