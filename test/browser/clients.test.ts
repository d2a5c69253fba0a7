import type { Server } from "node:http";
import { eq } from "drizzle-orm";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { sessions } from "#features/sessions/sessions.table";
import { HOUR, MINUTE } from "#shared/durations";
import type { SessionId } from "#shared/ids";
import { type SignedInUser, signUp } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { launchChromium } from "../support/servers/chromium.ts";
import { describeIf } from "../support/servers/index.ts";
import { findFreePort } from "../support/servers/ports.ts";
import { WAIT } from "../support/timeouts.ts";
import { Gateway } from "./clients.gateway.ts";
import { type AppOptions, openFrames, openTab, serveApp, type Tab } from "./clients.tab.ts";
import { originOf } from "./passkeys.tab.ts";

describeIf("chromium", "one login in many tabs", (executablePath) => {
  let app: TestApp;
  let gateway: Gateway;
  let browser: Browser;
  let frontend: Server;

  beforeAll(async () => {
    const port = await findFreePort();
    [gateway, frontend] = await Promise.all([Gateway.open(), serveApp()]);
    const settings = { PORT: `${port}`, PUBLIC_URL: gateway.url, CORS_ORIGINS: originOf(frontend) };
    [app, browser] = await Promise.all([startTestApp({ settings }), launchChromium(executablePath)]);
  });
  afterAll(async () => {
    await browser?.close();
    frontend?.close();
    await gateway?.close();
    await app?.stop();
  });
  // Every test has its own hour, and so its own limit of logins.
  beforeEach(() => {
    app.clock.advance(HOUR);
    gateway.target = app.url;
    gateway.unavailable = false;
    gateway.operations.length = 0;
  });
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));

  /** How often the server has rotated a session's refresh token, not counting the login. */
  const rotationsOf = async (sessionId: string): Promise<number> => {
    const id = sessionId as SessionId;
    const [row] = await app.app.db.select().from(sessions).where(eq(sessions.id, id));
    return (row?.refreshGeneration ?? 0) - 1;
  };

  const optionsOf = (transport: AppOptions["transport"], library: AppOptions["library"]): AppOptions => ({
    url: `${gateway.url}/graphql`,
    transport,
    library,
  });

  const open = (context: BrowserContext, options: AppOptions) => openTab(context, originOf(frontend), options);

  /** A user, and tabs of one browser; the first tab has logged in, and all tabs know it. */
  const openSignedIn = async (count: number, options: AppOptions) => {
    const [person, context] = await Promise.all([signUp(app), browser.newContext()]);
    const tabs = await Promise.all(Array.from({ length: count }, () => open(context, options)));
    const [first] = tabs as [Tab];
    const sessionId = await first.logIn(person.email, person.password);
    for (const tab of tabs) await isSignedIn(tab, sessionId);
    return { person, context, tabs, first, sessionId };
  };

  const isSignedIn = (tab: Tab, sessionId: string) =>
    vi.waitFor(async () => expect(await tab.state()).toMatchObject({ status: "SIGNED_IN", sessionId }), WAIT);
  const isSignedOut = (tab: Tab) => vi.waitFor(async () => expect((await tab.state()).status).toBe("SIGNED_OUT"), WAIT);
  const isAsked = (operation: string, times: number) =>
    vi.waitFor(() => expect(gateway.countOf(operation)).toBe(times), WAIT);

  const all = (person: SignedInUser, count: number) => Array.from({ length: count }, () => person.email);

  const CASES = (["COOKIE", "BODY"] as const).flatMap((transport) =>
    (["apollo", "urql"] as const).map((library) => [library, transport] as const),
  );

  describe.each(CASES)("with %s, the refresh token by %s", (library, transport) => {
    const options = () => optionsOf(transport, library);

    it("two tabs with an expired token and 50 requests each refresh once, and no user is logged out", async () => {
      const { person, tabs, sessionId } = await openSignedIn(2, options());
      app.clock.advance(16 * MINUTE);
      const answers = await Promise.all(tabs.map((tab) => tab.askMany(50)));
      expect(answers.flat()).toEqual(all(person, 100));
      expect(gateway.countOf("Mine")).toBeGreaterThanOrEqual(100);
      expect(gateway.countOf("RefreshTokens")).toBe(1);
      expect(await rotationsOf(sessionId)).toBe(1);
      for (const tab of tabs) await isSignedIn(tab, sessionId);
    });

    it("a login and a logout in one tab are shown in the other", async () => {
      const { person, first, tabs } = await openSignedIn(2, options());
      const second = tabs[1] as Tab;
      await second.logOut();
      await isSignedOut(first);
      expect(await first.state()).toMatchObject({ reason: "LOGGED_OUT" });
      expect(await first.askMany(2)).toEqual(["UNAUTHENTICATED", "UNAUTHENTICATED"]);

      const sessionId = await first.logIn(person.email, person.password);
      await isSignedIn(second, sessionId);
      expect(await second.askMany(2)).toEqual(all(person, 2));
    });
  });

  it.each(["COOKIE", "BODY"] as const)(
    "a hundred of them refresh once, and no user is logged out, the refresh token by %s",
    async (transport) => {
      const options = optionsOf(transport, "urql");
      const { person, tabs: pages, sessionId } = await openSignedIn(4, options);
      const frames = await Promise.all(pages.map(({ page }) => openFrames(page, 24, options)));
      const tabs = [...pages, ...frames.flat()];
      expect(tabs).toHaveLength(100);
      // A new tab gets its token from the tabs that are already open.
      await Promise.all(tabs.map((tab) => tab.ready()));
      expect(gateway.countOf("RefreshTokens")).toBe(0);

      app.clock.advance(16 * MINUTE);
      const answers = await Promise.all(tabs.map((tab) => tab.askMany(3)));
      expect(answers.flat()).toEqual(all(person, 300));
      expect(gateway.countOf("RefreshTokens")).toBe(1);
      expect(await rotationsOf(sessionId)).toBe(1);
      expect(new Set(await Promise.all(tabs.map(async (tab) => (await tab.state()).sessionId)))).toEqual(
        new Set([sessionId]),
      );
    },
  );

  describe.each(["COOKIE", "BODY"] as const)("the refresh token by %s", (transport) => {
    const options = () => optionsOf(transport, "apollo");

    it.each([
      ["is closed", (tab: Tab) => tab.page.close()],
      ["crashes", crash],
    ] as const)("a tab that %s while it refreshes hands its turn to the others", async (_, end) => {
      const { person, tabs, first, sessionId } = await openSignedIn(3, options());
      const others = tabs.slice(1);
      app.clock.advance(16 * MINUTE);
      const release = gateway.hold("RefreshTokens");
      void first.askMany(5).catch(() => {});
      await isAsked("RefreshTokens", 1);
      const answers = Promise.all(others.map((tab) => tab.askMany(5)));
      await end(first);
      await isAsked("RefreshTokens", 2);
      release();
      expect((await answers).flat()).toEqual(all(person, 10));
      // The token that the lost tab rotated was returned again, not treated as stolen, and the chain continues.
      app.clock.advance(16 * MINUTE);
      expect((await Promise.all(others.map((tab) => tab.askMany(5)))).flat()).toEqual(all(person, 10));
      for (const tab of others) await isSignedIn(tab, sessionId);
    });

    it.each([
      ["is unavailable", () => gateway.cut(), "NO_ANSWER"],
      [
        "says it is overloaded",
        () => {
          gateway.unavailable = true;
        },
        "SERVICE_UNAVAILABLE",
      ],
    ] as const)("a server that %s during a refresh logs no user out", async (_, fail, code) => {
      const { person, tabs, sessionId } = await openSignedIn(2, options());
      app.clock.advance(16 * MINUTE);
      const release = gateway.hold("RefreshTokens");
      const answers = Promise.all(tabs.map((tab) => tab.askMany(10)));
      await isAsked("RefreshTokens", 1);
      fail();
      release();
      expect(new Set((await answers).flat())).toEqual(new Set([code]));
      for (const tab of tabs) expect(await tab.state()).toMatchObject({ status: "SIGNED_IN", sessionId });

      gateway.target = app.url;
      gateway.unavailable = false;
      expect((await Promise.all(tabs.map((tab) => tab.askMany(10)))).flat()).toEqual(all(person, 20));
      expect(await rotationsOf(sessionId)).toBe(1);
    });

    it("a user who logs out while tokens are refreshed stays logged out, in a new tab, too", async () => {
      const { context, tabs, first } = await openSignedIn(2, options());
      app.clock.advance(16 * MINUTE);
      const release = gateway.hold("RefreshTokens");
      const asked = first.askMany(3);
      await isAsked("RefreshTokens", 1);
      const loggedOut = (tabs[1] as Tab).logOut();
      release();
      await Promise.all([asked, loggedOut]);
      for (const tab of [...tabs, await open(context, options())]) {
        expect((await tab.ready()).status).toBe("SIGNED_OUT");
        expect(await tab.askMany(1)).toEqual(["UNAUTHENTICATED"]);
      }
    });

    it("a login as another user during a refresh stays in effect, in a new tab, too", async () => {
      const other = await signUp(app);
      const { context, tabs, first } = await openSignedIn(2, options());
      app.clock.advance(16 * MINUTE);
      const release = gateway.hold("RefreshTokens");
      const asked = first.askMany(3);
      await isAsked("RefreshTokens", 1);
      const loggingIn = (tabs[1] as Tab).logIn(other.email, other.password);
      release();
      const [, sessionId] = await Promise.all([asked, loggingIn]);
      for (const tab of tabs) await isSignedIn(tab, sessionId);
      app.clock.advance(16 * MINUTE);
      for (const tab of [...tabs, await open(context, options())]) expect(await tab.askMany(2)).toEqual(all(other, 2));
    });

    it("a session ended on another device is over in all tabs", async () => {
      const { person, tabs, first, sessionId } = await openSignedIn(2, options());
      await person.client.ask("mutation ($id: ID!) { deleteSession(input: { sessionId: $id }) { session { id } } }", {
        id: sessionId,
      });
      expect(await first.askMany(5)).toEqual(Array.from({ length: 5 }, () => "UNAUTHENTICATED"));
      for (const tab of tabs) await isSignedOut(tab);
      expect(gateway.countOf("RefreshTokens")).toBe(1);
    });

    it("a page that is loaded again restores its user", async () => {
      const { person, context, first, sessionId } = await openSignedIn(1, options());
      await first.page.close();
      const again = await open(context, options());
      expect(await again.ready()).toMatchObject({ status: "SIGNED_IN", sessionId });
      expect(await again.askMany(2)).toEqual(all(person, 2));
      expect(gateway.countOf("RefreshTokens")).toBe(1);
    });
  });
});

/** Ends a tab's process without any cleanup. */
const crash = async ({ page }: Tab): Promise<void> => {
  const devtools = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent("crash");
  devtools.send("Page.crash").catch(() => {});
  await crashed;
};

/** Chromium on a busy machine. */
