import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rename } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { sql } from "drizzle-orm";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { PROJECT, packClientPackage } from "../support/clients/client-package.ts";
import { createUser } from "../support/factories/tenants.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { launchChromium, visit } from "../support/servers/chromium.ts";
import { describeIf } from "../support/servers/index.ts";
import { findFreePort } from "../support/servers/ports.ts";

const run = promisify(execFile);
const ACCESS_COOKIE = "__Host-portcullis_access";
const ENV = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };

/** A copy of the example, with its packages installed and built, as its README says. */
const buildExample = async (): Promise<string> => {
  const folder = await mkdtemp(join(inject("runDirectory"), "nextjs-"));
  const root = join(folder, "app");
  await cp(join(PROJECT, "examples/nextjs"), root, {
    recursive: true,
    filter: (path) => !/node_modules|\.next|\.tgz$/.test(path),
  });
  await rename(await packClientPackage(folder), join(root, "portcullis-1.0.0.tgz"));
  const install = ["install", "--include=dev", "--prefer-offline", "--no-audit", "--no-fund", "--no-package-lock"];
  await run("npm", install, { cwd: root });
  await run(process.execPath, ["node_modules/next/dist/bin/next", "build"], { cwd: root, env: ENV });
  return root;
};

const startExample = async (
  root: string,
  app: TestApp,
): Promise<{ readonly url: string; readonly child: ChildProcess }> => {
  const port = `${await findFreePort()}`;
  const env = { ...ENV, PORTCULLIS_URL: app.url, PORTCULLIS_ISSUER: "http://portcullis.test" };
  const args = ["node_modules/next/dist/bin/next", "start", "--port", port];
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: "ignore" });
  const url = `http://localhost:${port}`;
  while (
    !(await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error("The example has ended.");
    await delay(50);
  }
  return { url, child };
};

const suite = (executablePath: string) => {
  let app: TestApp;
  let browser: Browser;
  let site: Awaited<ReturnType<typeof startExample>>;
  beforeAll(async () => {
    const [root] = await Promise.all([
      buildExample(),
      startTestApp().then((started) => {
        app = started;
      }),
    ]);
    [site, browser] = await Promise.all([startExample(root, app), launchChromium(executablePath)]);
  });
  afterAll(async () => {
    await browser?.close();
    if (site?.child.kill()) await once(site.child, "exit");
    await app?.stop();
  });

  /** As if the access token had expired: its cookie then no longer exists. */
  const expire = (context: BrowserContext) => context.clearCookies({ name: ACCESS_COOKIE });
  /** The session of the last login, also after its end. */
  const lastSessionOf = async (email: string): Promise<unknown> => {
    const [session] = await app.app.db.execute(sql`
      select refresh_generation - 1 as rotations, end_reason as "endReason" from sessions
      join users on users.id = sessions.user_id where users.email = ${email} order by sessions.created_at desc limit 1`);
    return session;
  };

  it("signs in, renders a protected page on the server, refreshes once for twenty requests, and signs out", async () => {
    const { email, password } = await createUser(app);
    const { page, pageErrors } = await visit(browser, `${site.url}/account`);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.fill("[name=identifier]", email);
    await page.fill("[name=password]", "wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("The address or the password is wrong.").waitFor();
    await page.fill("[name=password]", password);
    await page.keyboard.press("Enter");
    await page.getByText(email).waitFor();
    expect(await lastSessionOf(email)).toEqual({ rotations: 0, endReason: null });

    // The document itself contains the user: it was rendered on the server.
    const html = await page.evaluate(async () => (await fetch("/account")).text());
    expect(html).toContain(email);

    await expire(page.context());
    const pages = await page.evaluate(() =>
      Promise.all(Array.from({ length: 20 }, async (_, n) => (await fetch(`/account?n=${n}`)).text())),
    );
    for (const text of pages) expect(text).toContain(email);
    expect(await lastSessionOf(email)).toEqual({ rotations: 1, endReason: null });

    // Links of Next.js load data, not documents; and an action is a POST. Both are repeated after a refresh.
    await page.goto(site.url);
    await expire(page.context());
    await page.getByRole("link", { name: "Your account" }).click();
    await page.getByText(email).waitFor();
    await expire(page.context());
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await lastSessionOf(email)).toMatchObject({ endReason: "LOGGED_OUT" });
    await page.goto(`${site.url}/account`);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    // A page that is left stops its own requests, such as links that Next.js loads in advance.
    expect(pageErrors.filter((text) => !/401|net::ERR_ABORTED/.test(text))).toEqual([]);
  });
};

// It installs Next.js from the registry, which is larger than all other packages of the project.
if (process.env.TEST_INSTALL) describeIf("chromium", "the example for Next.js", suite);
else
  describe.skip("the example for Next.js (needs Next.js: TEST_INSTALL is not set, which would install it)", () =>
    suite(""));
