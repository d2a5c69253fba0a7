import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { createMember, createTenant, createUserAs } from "../../support/factories/tenants.ts";
import { describeIf } from "../../support/servers/index.ts";
import { type BrowserProfile, startWebApp, type WebApp, type WebPage } from "./page.ts";
import { type Opener, PAGES } from "./pages.ts";
import { openAs, openSessionOf } from "./signed-in.ts";

/** What stands where data will be. */
const LOADING = "[role=status][aria-label]";

/** The addresses of the pages' routes, as their sources have them. The layouts in `parent` are no pages. */
const routesOf = async (folder: string, parent: "" | "/account" | "/console"): Promise<string[]> => {
  const source = await readFile(new URL(`../../../src/web/${folder}/routes.ts`, import.meta.url), "utf8");
  const paths = source.matchAll(parent === "" ? /path: "([^"]+)"/g : /page\("([^"]+)"/g);
  return [...paths].map(([, path]) => (path === "/" ? parent : `${parent}/${path}`));
};

describeIf("chromium", "every hosted page", (executablePath) => {
  let web: WebApp;

  beforeAll(async () => {
    web = await startWebApp(executablePath);
  });
  afterAll(() => web?.stop());
  afterEach(() => web.closePages());

  /** Signed-in profiles of new users: profiles with one session would rotate the tokens of each other. */
  const openProfiles = async (profile: BrowserProfile): Promise<{ tabs: Record<Opener, WebPage>; adminId: string }> => {
    const tenant = await createTenant(web.app, "Acme");
    const admin = await createMember(web.app, tenant, "ADMIN");
    const operator = await createUserAs(web.app, "OPERATOR");
    const tabs = {
      anonymous: await web.open("/sign-in", profile),
      admin: await openAs(web, admin, "/account", profile),
      operator: await openSessionOf(web, operator, "/account", profile),
    };
    return { tabs, adminId: admin.id };
  };

  /** Every page that is blank, logs an error, scrolls sideways on a phone, or is not accessible; with what is wrong. */
  const findFaults = async (profile: BrowserProfile): Promise<string[]> => {
    const { tabs, adminId } = await openProfiles(profile);
    const faults: string[] = [];
    for (const { opener, path } of PAGES) {
      const tab = tabs[opener];
      tab.errors.length = 0;
      const { href, pathname } = new URL(path.replace("$userId", adminId), web.origin);
      await tab.page.goto(href);
      await tab.shows(/./).catch(({ message }: Error) => faults.push(`${path}: ${message}`));
      await tab.page.locator(LOADING).first().waitFor({ state: "detached" });
      if (new URL(tab.page.url()).pathname !== pathname) faults.push(`${path} leads to ${tab.page.url()}`);
      await tab.check().catch(({ message }: Error) => faults.push(`${path}: ${message}`));
    }
    return faults;
  };

  it("is in the list of pages", async () => {
    const routes = await Promise.all([
      routesOf("sign-in", ""),
      routesOf("links", ""),
      routesOf("account", "/account"),
      routesOf("console", "/console"),
    ]);
    const listed = new Set(PAGES.map(({ path }) => path));
    expect(routes.flat().length).toBeGreaterThan(30);
    expect(routes.flat().filter((path) => !listed.has(path))).toEqual([]);
  });

  it("shows its heading, without errors, scrolling sideways or barriers, on a dark phone from right to left", async () => {
    expect(await findFaults({ dark: true, phone: true, locale: "ar" })).toEqual([]);
  });
});
