import type { Server } from "node:http";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { HOUR, MINUTE } from "#shared/durations";
import { logIn, type Served, type SignedInUser, signUp } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { launchChromium } from "../support/servers/chromium.ts";
import { describeIf } from "../support/servers/index.ts";
import { createInstallation, type Installation } from "../support/servers/installation.ts";
import { WAIT } from "../support/timeouts.ts";
import { Gateway } from "./clients.gateway.ts";
import { openTab, serveApp, type Tab } from "./clients.tab.ts";
import { originOf } from "./passkeys.tab.ts";

const DELETE_SESSION = "mutation End($id: ID!) { deleteSession(input: { sessionId: $id }) { session { id } } }";

/** Chromium on a busy machine. */
describeIf("chromium", "the socket of a page", (executablePath) => {
  let browser: Browser;
  let frontend: Server;
  /** One for each server, in front of it. */
  let gateways: [Gateway, Gateway];
  let app: TestApp;

  beforeAll(async () => {
    [frontend, browser] = await Promise.all([serveApp(), launchChromium(executablePath)]);
    gateways = [await Gateway.open(), await Gateway.open()];
    const settings = { PUBLIC_URL: gateways[0].url, CORS_ORIGINS: originOf(frontend) };
    app = await startTestApp({ settings });
  });
  afterAll(async () => {
    await browser?.close();
    frontend?.close();
    for (const gateway of gateways ?? []) await gateway.close();
    await app?.stop();
  });
  beforeEach(() => {
    app.clock.advance(HOUR);
    for (const gateway of gateways) {
      gateway.target = app.url;
      gateway.operations.length = 0;
    }
  });
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));

  const open = (context: BrowserContext, gateway: Gateway) =>
    openTab(context, originOf(frontend), { url: `${gateway.url}/graphql`, transport: "COOKIE", library: "urql" });

  const listens = async (tab: Tab, times = 1) => {
    const isConnected = async () =>
      expect((await tab.events()).filter((event) => event === "CONNECTED")).toHaveLength(times);
    await vi.waitFor(isConnected, WAIT);
  };

  /** A page is connected before its subscription has started on the server; an event before that is not delivered. */
  const follow = (count: number) => vi.waitFor(() => expect(app.app.securityEventFeed.followers).toBe(count), WAIT);

  const hears = (tab: Tab, event: string) => vi.waitFor(async () => expect(await tab.events()).toContain(event), WAIT);

  /** One user in two browsers; the first has two tabs, of which one has a socket. */
  const openTwoBrowsers = async (person: SignedInUser) => {
    const [first, second] = await Promise.all([browser.newContext(), browser.newContext()]);
    const listening = await open(first, gateways[0]);
    const silent = await open(first, gateways[0]);
    const elsewhere = await open(second, gateways[1]);
    const sessionId = await listening.logIn(person.email, person.password);
    await elsewhere.logIn(person.email, person.password);
    await listening.listen();
    await listens(listening);
    return { listening, silent, elsewhere, sessionId };
  };

  /** Long before the access token expires, because nothing else would notify the tab without a socket. */
  const endsInAllTabs = async (served: Served) => {
    const person = await signUp(served);
    const { listening, silent, elsewhere, sessionId } = await openTwoBrowsers(person);
    await elsewhere.ask(DELETE_SESSION, { id: sessionId });
    for (const tab of [listening, silent]) {
      const state = { status: "SIGNED_OUT", sessionId: null, reason: "REVOKED" };
      await vi.waitFor(async () => expect(await tab.state()).toMatchObject(state), WAIT);
    }
    await vi.waitFor(async () => expect(await listening.endings()).toEqual([4401, 4401]), WAIT);
    expect(await elsewhere.state()).toMatchObject({ status: "SIGNED_IN" });
    expect(await silent.askMany(2)).toEqual(["UNAUTHENTICATED", "UNAUTHENTICATED"]);
  };

  it("closes when another browser ends the session, and all tabs show it, also those without a socket", () =>
    endsInAllTabs(app));

  it("reconnects with a new token when its own expires, in two tabs with one refresh, and receives events again", async () => {
    const person = await signUp(app);
    const context = await browser.newContext();
    const tabs = [await open(context, gateways[0]), await open(context, gateways[0])] as const;
    await tabs[0].logIn(person.email, person.password);
    for (const tab of tabs) await tab.listen();
    for (const tab of tabs) await listens(tab);
    app.clock.advance(16 * MINUTE);
    for (const tab of tabs) await vi.waitFor(async () => expect(await tab.endings()).toEqual([4403]), WAIT);
    for (const tab of tabs) await listens(tab, 2);
    await follow(2);
    expect(gateways[0].countOf("RefreshTokens")).toBe(1);
    await logIn(person.client, person.email, person.password);
    await person.client.ask("mutation { logout { endedSessionId } }");
    for (const tab of tabs) await hears(tab, "SESSION_ENDED");
    for (const tab of tabs) expect((await tab.state()).status).toBe("SIGNED_IN");
  });

  it("reconnects when the server is back, and no user is logged out", async () => {
    const person = await signUp(app);
    const tab = await open(await browser.newContext(), gateways[0]);
    await tab.logIn(person.email, person.password);
    await tab.listen();
    await listens(tab);
    gateways[0].cut();
    await vi.waitFor(async () => expect(await tab.endings()).not.toEqual([]), WAIT);
    await follow(0);
    gateways[0].target = app.url;
    await vi.waitFor(
      async () => expect((await tab.events()).filter((event) => event === "CONNECTED").length).toBeGreaterThan(1),
      WAIT,
    );
    await follow(1);
    await person.client.ask("mutation { logout { endedSessionId } }");
    await hears(tab, "SESSION_ENDED");
    expect((await tab.state()).status).toBe("SIGNED_IN");
  });

  describeIf("redis", "on another process than the one that ends the session", (redis) => {
    let installation: Installation;
    beforeAll(async () => {
      const settings = { PUBLIC_URL: gateways[0].url, CORS_ORIGINS: originOf(frontend), REDIS_URL: redis };
      installation = await createInstallation(settings);
    });
    afterAll(() => installation?.stop());

    it("closes, and all tabs show it, also those without a socket", async () => {
      const servers = [await installation.start(), await installation.start()] as const;
      for (const [n, gateway] of gateways.entries()) gateway.target = (servers[n] ?? servers[0]).url;
      await endsInAllTabs({ client: servers[0].client, mail: installation.mail });
    });
  });
});
