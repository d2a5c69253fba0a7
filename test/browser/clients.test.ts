import type { Server } from "node:http";
import { eq } from "drizzle-orm";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { sessions } from "#features/sessions/sessions.table";
import { HOUR, MINUTE } from "#shared/durations";
import type { SessionId } from "#shared/ids";
import { type Actor, signUp } from "../support/factories/actors.ts";
import { PATIENCE } from "../support/patience.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { launchChromium } from "../support/servers/chromium.ts";
import { describeNeeding } from "../support/servers/index.ts";
import { findFreePort } from "../support/servers/ports.ts";
import { Gateway } from "./clients.gateway.ts";
import { type AppOptions, openFrames, openTab, serveApp, type Tab } from "./clients.tab.ts";
import { originOf } from "./passkeys.tab.ts";

describeNeeding("chromium", "one login in many tabs", (executablePath) => {
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
  // Every test has the hour's logins to itself.
  beforeEach(() => {
    app.clock.advance(HOUR);
    gateway.target = app.url;
    gateway.unavailable = false;
    gateway.operations.length = 0;
  });
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));

  /** How often the server has exchanged a session's refresh token: a login makes the first one. */
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

  /** A person, and tabs of one browser; the first one logged in, and all know it. */
  const openSignedIn = async (count: number, options: AppOptions) => {
    const [person, context] = await Promise.all([signUp(app), browser.newContext()]);
    const tabs = await Promise.all(Array.from({ length: count }, () => open(context, options)));
    const [first] = tabs as [Tab];
    const sessionId = await first.logIn(person.email, person.password);
    for (const tab of tabs) await isSignedIn(tab, sessionId);
    return { person, context, tabs, first, sessionId };
  };

  const isSignedIn = (tab: Tab, sessionId: string) =>
    vi.waitFor(async () => expect(await tab.state()).toMatchObject({ status: "SIGNED_IN", sessionId }), PATIENCE);
  const isSignedOut = (tab: Tab) =>
    vi.waitFor(async () => expect((await tab.state()).status).toBe("SIGNED_OUT"), PATIENCE);
  const isAsked = (operation: string, times: number) =>
    vi.waitFor(() => expect(gateway.timesAsked(operation)).toBe(times), PATIENCE);

  const all = (person: Actor, count: number) => Array.from({ length: count }, () => person.email);

  const CASES = (["COOKIE", "BODY"] as const).flatMap((transport) =>
    (["apollo", "urql"] as const).map((library) => [library, transport] as const),
  );

  describe.each(CASES)("with %s, the refresh token by %s", (library, transport) => {
    const options = () => optionsOf(transport, library);

    it("two tabs with an expired token and 50 requests each refresh once, and nobody is logged out", async () => {
      const { person, tabs, sessionId } = await openSignedIn(2, options());
      app.clock.advance(16 * MINUTE);
      const answers = await Promise.all(tabs.map((tab) => tab.askMany(50)));
      expect(answers.flat()).toEqual(all(person, 100));
      expect(gateway.timesAsked("Mine")).toBeGreaterThanOrEqual(100);
      expect(gateway.timesAsked("RefreshTokens")).toBe(1);
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
    "a hundred of them refresh once, and nobody is logged out, the refresh token by %s",
    async (transport) => {
      const options = optionsOf(transport, "urql");
      const { person, tabs: pages, sessionId } = await openSignedIn(4, options);
      const frames = await Promise.all(pages.map(({ page }) => openFrames(page, 24, options)));
      const tabs = [...pages, ...frames.flat()];
      expect(tabs).toHaveLength(100);
      // A tab that is opened beside others has its token from them.
      await Promise.all(tabs.map((tab) => tab.ready()));
      expect(gateway.timesAsked("RefreshTokens")).toBe(0);

      app.clock.advance(16 * MINUTE);
      const answers = await Promise.all(tabs.map((tab) => tab.askMany(3)));
      expect(answers.flat()).toEqual(all(person, 300));
      expect(gateway.timesAsked("RefreshTokens")).toBe(1);
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
    ] as const)("a tab that %s while it refreshes gives its turn to the others", async (_, end) => {
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
      // What the one had spent was told to the next one, not taken for stolen, and the line goes on.
      app.clock.advance(16 * MINUTE);
      expect((await Promise.all(others.map((tab) => tab.askMany(5)))).flat()).toEqual(all(person, 10));
      for (const tab of others) await isSignedIn(tab, sessionId);
    });

    it.each([
      ["is gone", () => gateway.cut(), "NO_ANSWER"],
      [
        "says it is overloaded",
        () => {
          gateway.unavailable = true;
        },
        "SERVICE_UNAVAILABLE",
      ],
    ] as const)("a server that %s in the middle of it logs nobody out", async (_, fail, code) => {
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

    it("somebody else who logs in while tokens are refreshed is who is signed in, in a new tab, too", async () => {
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

    it("a session that another device has ended is over in all tabs", async () => {
      const { person, tabs, first, sessionId } = await openSignedIn(2, options());
      await person.client.ask("mutation ($id: ID!) { deleteSession(input: { sessionId: $id }) { session { id } } }", {
        id: sessionId,
      });
      expect(await first.askMany(5)).toEqual(Array.from({ length: 5 }, () => "UNAUTHENTICATED"));
      for (const tab of tabs) await isSignedOut(tab);
      expect(gateway.timesAsked("RefreshTokens")).toBe(1);
    });

    it("a page that is loaded again finds its user", async () => {
      const { person, context, first, sessionId } = await openSignedIn(1, options());
      await first.page.close();
      const again = await open(context, options());
      expect(await again.ready()).toMatchObject({ status: "SIGNED_IN", sessionId });
      expect(await again.askMany(2)).toEqual(all(person, 2));
      expect(gateway.timesAsked("RefreshTokens")).toBe(1);
    });
  });
});

/** The end of a tab's process, without a word to anybody. */
const crash = async ({ page }: Tab): Promise<void> => {
  const devtools = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent("crash");
  devtools.send("Page.crash").catch(() => {});
  await crashed;
};

/** Chromium on a busy machine. */
