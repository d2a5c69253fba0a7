import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { describeIf } from "../../support/servers/index.ts";
import { startWebApp, type WebApp } from "./page.ts";
import { openEveryPage, PAGES } from "./pages.ts";

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
    const faults: string[] = [];
    for await (const { tab, path, fault } of openEveryPage(web, { dark: true, phone: true, locale: "ar" })) {
      if (fault) faults.push(`${path}: ${fault}`);
      await tab.check().catch(({ message }: Error) => faults.push(`${path}: ${message}`));
    }
    expect(faults).toEqual([]);
  });
});
