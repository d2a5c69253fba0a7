import { cp, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { build, type PreviewServer, preview } from "vite";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { installClientPackage, PROJECT, packClientPackage, tsc } from "../support/clients/client-package.ts";
import { enableTotp, waitForNewCode } from "../support/clients/factors.ts";
import { logIn, signUp } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { launchChromium, visit } from "../support/servers/chromium.ts";
import { describeIf } from "../support/servers/index.ts";

const EXAMPLES = ["apollo-vite", "urql"] as const;
/** The packages that the READMEs install in a copy. */
const PACKAGES = [
  ...["@apollo", "@urql", "graphql", "graphql-ws", "rxjs", "wonka", "typescript", "vite", "@vitejs"],
  ...["react", "react-dom", "@types/react", "@types/react-dom", "csstype", "scheduler"],
];

describeIf("chromium", "the example", (executablePath) => {
  let app: TestApp;
  let browser: Browser;
  let copies: string;
  beforeAll(async () => {
    [app, browser] = await Promise.all([startTestApp(), launchChromium(executablePath)]);
    copies = await mkdtemp(join(inject("runDirectory"), "examples-"));
    // The helpers, as `npm run build` builds them.
    const packed = await packClientPackage(copies);
    await installClientPackage(copies, packed, [...PACKAGES, "@graphql-typed-document-node"]);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
  });

  /** Type-checks and builds a copy, as its README says, and serves it with its own proxy, which leads to this API. */
  const serve = async (name: string): Promise<PreviewServer> => {
    const root = join(copies, name);
    await cp(join(PROJECT, "examples", name), root, { recursive: true });
    await tsc(root, ["-p", "."]);
    await build({ root, logLevel: "error" });
    const server = { proxy: { "/graphql": { target: app.url } } };
    return preview({ root, logLevel: "error", server, preview: { port: 0 } });
  };

  const submit = async (page: Page, fields: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, value] of Object.entries(fields)) await page.fill(`[name=${name}]`, value);
    await page.keyboard.press("Enter");
  };
  const messageOn = (page: Page, text: string) => page.getByRole("alert").getByText(text).waitFor();
  const sessionsOn = (page: Page) => page.getByRole("listitem").allInnerTexts();

  it.each(EXAMPLES)("%s logs in with a second factor, lists sessions, stays logged in and logs out", async (name) => {
    const user = await signUp(app);
    const { authenticator } = await enableTotp(app, user);
    waitForNewCode(app);
    const site = await serve(name);
    const url = site.resolvedUrls?.local[0] ?? "";
    const { page } = await visit(browser, url);

    await submit(page, { identifier: user.email, password: "wrong" });
    await messageOn(page, "The address or the password is wrong.");
    await submit(page, { identifier: user.email, password: user.password });
    await page.getByRole("heading", { name: "Second factor" }).waitFor();
    await submit(page, { code: authenticator.wrongCode(app.clock.now()) });
    await messageOn(page, "This code is wrong.");
    await submit(page, { code: authenticator.code(app.clock.now()) });
    await page.getByRole("heading", { name: "Your sessions" }).waitFor();
    await expect.poll(async () => (await sessionsOn(page)).length).toBe(2);
    expect(await sessionsOn(page)).toContainEqual(expect.stringContaining("this session"));

    await page.reload();
    await expect.poll(async () => (await sessionsOn(page)).length).toBe(2);
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("heading", { name: "Log in" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Log in" }).waitFor();
    await site.close();
  });

  it("vite-react logs in with a second factor, shows the user, stays logged in and logs out in all tabs", async () => {
    const user = await signUp(app);
    const { authenticator } = await enableTotp(app, user);
    waitForNewCode(app);
    const site = await serve("vite-react");
    const url = site.resolvedUrls?.local[0] ?? "";
    const { page } = await visit(browser, url);

    await submit(page, { identifier: user.email, password: "wrong" });
    await messageOn(page, "The address or the password is wrong.");
    await submit(page, { identifier: user.email, password: user.password });
    await page.getByRole("heading", { name: "Second factor" }).waitFor();
    await submit(page, { code: authenticator.code(app.clock.now()) });
    await page.getByText(user.email).waitFor();

    const other = await page.context().newPage();
    await other.goto(url);
    await other.getByText(user.email).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    for (const tab of [page, other]) await tab.getByRole("heading", { name: "Sign in" }).waitFor();
    await site.close();
  });

  it("apollo-vite shows a login on another device immediately", async () => {
    const user = await signUp(app);
    const site = await serve("apollo-vite");
    const { page } = await visit(browser, site.resolvedUrls?.local[0] ?? "");
    await submit(page, { identifier: user.email, password: user.password });
    await expect.poll(async () => (await sessionsOn(page)).length).toBe(2);
    // The socket may not be open yet: logs in until the page shows it.
    await expect
      .poll(async () => {
        await logIn(app.client(), user.email, user.password);
        return (await sessionsOn(page)).length;
      })
      .toBeGreaterThan(2);
    await site.close();
  });
});
