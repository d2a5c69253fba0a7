import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Auth, Grant } from "../../../src/client/auth.ts";
import { AuthFailure } from "../../../src/client/failure.ts";
import { WAIT } from "../timeouts.ts";
import { FakeApi } from "./fake-api.ts";
import { FakeBrowser } from "./fake-browser.ts";

const MINUTE = 60_000;

export let api: FakeApi;
export let browser: FakeBrowser;

/** A new API and browser for each test of the file or suite. */
export const useFakes = (): void => {
  beforeEach(() => {
    api = new FakeApi();
    browser = new FakeBrowser(api.fetch);
  });
  afterEach(() => browser.close());
};

/** How a client library handles one operation: it sends it and, if it is refused, refreshes and sends it again. */
export const ask = async (
  auth: Auth,
  onSend: (grant: Grant) => void = () => {},
): Promise<"DONE" | "UNAUTHENTICATED"> => {
  const send = async (grant: Grant): Promise<"DONE" | "UNAUTHENTICATED"> => {
    onSend(grant);
    await Promise.resolve();
    if (api.accepts(grant.token)) return "DONE";
    const next = await auth.renew(grant);
    return next ? send(next) : "UNAUTHENTICATED";
  };
  return send(await auth.authorize());
};

export const askAll = (tabs: readonly { readonly auth: Auth }[], each: number) =>
  Promise.all(tabs.flatMap(({ auth }) => Array.from({ length: each }, () => ask(auth))));

export const gate = () => {
  let open = () => {};
  api.gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  return open;
};

export const isSignedOut = (auth: Auth) => vi.waitFor(() => expect(auth.getState().status).toBe("SIGNED_OUT"), WAIT);
export const isSignedIn = (auth: Auth, sessionId: string) =>
  vi.waitFor(() => expect(auth.getState()).toMatchObject({ status: "SIGNED_IN", sessionId }), WAIT);

/** The tokens in a browser's tabs. There is a separate file for each transport, because most of the time is waiting. */
export const describeTokens = (transport: "COOKIE" | "BODY") =>
  describe(`tokens by ${transport}`, () => {
    useFakes();
    const open = (without: readonly ("locks" | "channel" | "page")[] = []) => browser.open({ transport, without });

    const openSignedIn = async (count: number) => {
      const tabs = Array.from({ length: count }, () => open());
      await tabs[0]?.auth.accept(api.logIn("alice-1"));
      for (const { auth } of tabs) await isSignedIn(auth, "alice-1");
      return tabs;
    };

    it("are refreshed once for all requests of all tabs", async () => {
      const tabs = await openSignedIn(20);
      api.expireAccessTokens();
      expect(new Set(await askAll(tabs, 50))).toEqual(new Set(["DONE"]));
      expect(api.countOf("RefreshTokens")).toBe(1);
      expect(api.generationOf("alice-1")).toBe(1);
    });

    it("are not refreshed by a tab that waited for the lock, even if the message reaches it late", async () => {
      const [first, second] = await openSignedIn(2);
      if (!first || !second) throw new Error("No tab is open.");
      api.expireAccessTokens();
      const open = gate();
      const asked = ask(first.auth);
      await vi.waitFor(() => expect(api.countOf("RefreshTokens")).toBe(1), WAIT);
      const waiting = ask(second.auth);
      open();
      expect([await asked, await waiting]).toEqual(["DONE", "DONE"]);
      expect(api.countOf("RefreshTokens")).toBe(1);
    });

    it("of a step-up are sent by the tab that requested it, while they are elevated", async () => {
      const [first, second] = await openSignedIn(2);
      if (!first || !second) throw new Error("No tab is open.");
      const plain = (await first.auth.authorize()).token;
      const { accessToken } = await first.auth.stepUp(async () => api.stepUp("alice-1", 600));
      expect((await first.auth.authorize()).token).toBe(accessToken);
      expect((await second.auth.authorize()).token).toBe(plain);
      browser.later = 10 * MINUTE;
      expect((await first.auth.authorize()).token).toBe(plain);
    });

    it("of a step-up that are refused are replaced by those of the login", async () => {
      const [tab] = await openSignedIn(1);
      if (!tab) throw new Error("No tab is open.");
      const plain = (await tab.auth.authorize()).token;
      await tab.auth.stepUp(async () => api.stepUp("alice-1", 600));
      const refused = await tab.auth.authorize();
      expect((await tab.auth.renew(refused))?.token).toBe(plain);
      expect(api.countOf("RefreshTokens")).toBe(0);
    });

    it("of a step-up are deleted with their session", async () => {
      const [tab] = await openSignedIn(1);
      if (!tab) throw new Error("No tab is open.");
      const { accessToken } = await tab.auth.stepUp(async () => api.stepUp("alice-1", 600));
      await tab.auth.accept(api.logIn("alice-2"));
      expect((await tab.auth.authorize()).token).not.toBe(accessToken);
    });

    it("are passed to a tab that is opened later", async () => {
      await openSignedIn(3);
      const late = open();
      expect(await ask(late.auth)).toBe("DONE");
      expect(late.auth.getState()).toMatchObject({ status: "SIGNED_IN", sessionId: "alice-1" });
      expect(api.asked).toEqual([]);
    });

    it("are recovered if the response was lost, even long after that", async () => {
      const [tab] = await openSignedIn(1);
      // Two refreshes, because the device token is stored with each new refresh token.
      for (const generation of [1, 2]) {
        api.expireAccessTokens();
        expect(await ask((tab ?? open()).auth)).toBe("DONE");
        expect(api.generationOf("alice-1")).toBe(generation);
      }
      tab?.auth.close();
      const { cookie } = api;
      const stored = new Map(browser.storage.items);
      const lost = open();
      expect(await ask(lost.auth)).toBe("DONE");
      lost.auth.close();
      // As if the response had been lost.
      api.cookie = cookie;
      for (const [key, value] of stored) browser.storage.items.set(key, value);
      api.isGraceOver = true;

      const late = open();
      expect(await ask(late.auth)).toBe("DONE");
      expect(late.auth.getState()).toMatchObject({ status: "SIGNED_IN", sessionId: "alice-1" });
      expect(api.generationOf("alice-1")).toBe(3);
    });

    it("are refreshed if no open tab has them", async () => {
      for (const { auth } of await openSignedIn(2)) auth.close();
      const late = open();
      expect(await ask(late.auth)).toBe("DONE");
      expect(api.generationOf("alice-1")).toBe(1);
    });

    it("are refreshed by the others if the tab that is refreshing is killed", async () => {
      const [killed, ...others] = await openSignedIn(4);
      api.expireAccessTokens();
      const open = gate();
      void ask(killed?.auth as Auth);
      await vi.waitFor(() => expect(api.countOf("RefreshTokens")).toBe(1), WAIT);
      const waiting = askAll(others, 10);
      killed?.kill();
      open();
      expect(new Set(await waiting)).toEqual(new Set(["DONE"]));
      expect(api.generationOf("alice-1")).toBeLessThanOrEqual(2);
      for (const { auth } of others) expect(auth.getState().sessionId).toBe("alice-1");
    });

    it("are refreshed shortly before they expire, by this tab's clock and not by the token's", async () => {
      const [tab] = await openSignedIn(1);
      browser.later = 14 * MINUTE;
      await tab?.auth.authorize();
      expect(api.asked).toEqual([]);
      browser.later = 14.6 * MINUTE;
      await tab?.auth.authorize();
      expect(api.asked).toEqual(["RefreshTokens"]);
    });

    it("are not requested repeatedly if the API refuses each of them", async () => {
      const [tab] = await openSignedIn(1);
      vi.spyOn(api, "accepts").mockReturnValue(false);
      const auth = tab?.auth as Auth;
      for (let n = 0; n < 30; n++) expect(await ask(auth)).toBe("UNAUTHENTICATED");
      expect(api.countOf("RefreshTokens")).toBe(1);
      expect(auth.getState().status).toBe("SIGNED_IN");
      // Later, another attempt is made.
      browser.later += 11_000;
      await ask(auth);
      expect(api.countOf("RefreshTokens")).toBe(2);
    });

    it("of a session that has ended are deleted in all tabs", async () => {
      const tabs = await openSignedIn(3);
      api.endSession("alice-1");
      expect(await ask(tabs[0]?.auth as Auth)).toBe("UNAUTHENTICATED");
      for (const { auth } of tabs) {
        await isSignedOut(auth);
        expect(auth.getState().reason).toBe("ENDED");
        expect((await auth.authorize()).headers).toEqual({});
      }
      expect(api.countOf("RefreshTokens")).toBe(1);
      expect(browser.storage.items.size).toBe(0);
    });

    it("that were stolen are reported as such", async () => {
      const [tab] = await openSignedIn(1);
      api.faults.push({ code: "INVALID_REFRESH_TOKEN", reason: "TOKEN_REUSED" });
      api.expireAccessTokens();
      await ask(tab?.auth as Auth);
      expect(tab?.auth.getState()).toMatchObject({ status: "SIGNED_OUT", sessionId: null, reason: "TOKEN_REUSED" });
    });

    it.each([
      ["the network is unavailable", "NETWORK", "NO_ANSWER"],
      ["a proxy answers", "PROXY", "NO_ANSWER"],
      ["the API is not available", { code: "SERVICE_UNAVAILABLE", retryAfter: 1 }, "SERVICE_UNAVAILABLE"],
    ] as const)("are kept if %s, and the user stays logged in", async (_, fault, code) => {
      const tabs = await openSignedIn(20);
      api.expireAccessTokens();
      api.outage = fault;
      const failures = await Promise.all(tabs.map(({ auth }) => ask(auth).catch((error: unknown) => error)));
      for (const failure of failures) {
        expect(failure).toBeInstanceOf(AuthFailure);
        expect(failure).toMatchObject({ code });
      }
      // One tab tried three times and informed the others; the next one had started already.
      expect(api.countOf("RefreshTokens")).toBeLessThanOrEqual(6);
      api.outage = null;
      for (const { auth } of tabs) expect(auth.getState()).toMatchObject({ status: "SIGNED_IN", sessionId: "alice-1" });
      expect(new Set(await askAll(tabs, 3))).toEqual(new Set(["DONE"]));
      expect(api.generationOf("alice-1")).toBe(1);
    });

    it("are not given up by the other callers of a tab when it misses the message of another one", async () => {
      const [first, ...others] = await openSignedIn(10);
      if (!first) throw new Error("No tab is open.");
      api.expireAccessTokens();
      api.faults.push("NETWORK", "NETWORK", { code: "SERVICE_UNAVAILABLE" });
      const openGate = gate();
      const refused = ask(first.auth).catch((error: unknown) => error);
      await vi.waitFor(() => expect(api.countOf("RefreshTokens")).toBe(3), WAIT);
      await delay(5);
      const asked = askAll(others, 1);
      // So long that the first one's message reaches them while the next one still waits for its response.
      const openNext = gate();
      openGate();
      expect(await refused).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
      await delay(50);
      openNext();
      expect(new Set(await asked)).toEqual(new Set(["DONE"]));
    });

    it("are requested again immediately if the response was lost", async () => {
      const [tab] = await openSignedIn(1);
      api.expireAccessTokens();
      api.faults.push("NETWORK");
      expect(await ask(tab?.auth as Auth)).toBe("DONE");
      expect(api.countOf("RefreshTokens")).toBe(2);
    });

    it("that are about to expire are used while no others can be obtained", async () => {
      const [tab] = await openSignedIn(1);
      browser.later = 14.6 * MINUTE;
      api.faults.push("NETWORK", "NETWORK", "NETWORK");
      expect(await ask(tab?.auth as Auth)).toBe("DONE");
    });

    it("are not restored if the user logs out while they are refreshed", async () => {
      const tabs = await openSignedIn(2);
      const [first, second] = tabs;
      api.expireAccessTokens();
      const open = gate();
      const asked = ask(first?.auth as Auth);
      await vi.waitFor(() => expect(api.countOf("RefreshTokens")).toBe(1), WAIT);
      const loggedOut = second?.auth.logout();
      open();
      await Promise.all([asked, loggedOut]);
      for (const { auth } of tabs) await isSignedOut(auth);
      expect(api.isOver("alice-1")).toBe(true);
      const late = browser.open({ transport });
      expect((await late.auth.ready()).status).toBe("SIGNED_OUT");
    });

    it("are those of the new login in all tabs, and operations of the old login are not repeated with them", async () => {
      const tabs = await openSignedIn(3);
      const old = await tabs[2]?.auth.authorize();
      await tabs[0]?.auth.login(async () => ({ __typename: "LoginSuccess", ...api.logIn("bob-1") }));
      for (const { auth } of tabs) await isSignedIn(auth, "bob-1");
      expect(await tabs[2]?.auth.renew(old as Grant)).toBeNull();
      api.expireAccessTokens();
      expect(new Set(await askAll(tabs, 5))).toEqual(new Set(["DONE"]));
      expect([api.generationOf("alice-1"), api.generationOf("bob-1")]).toEqual([0, 1]);
    });

    it("are not refreshed while a login is in progress", async () => {
      const [first, second] = await openSignedIn(2);
      api.expireAccessTokens();
      let finish = () => {};
      let begun = false;
      const login = first?.auth.login(async () => {
        // The login's requests use the same client, which must not wait for itself.
        expect(await ask(first.auth)).toBe("UNAUTHENTICATED");
        await new Promise<void>((resolve) => {
          finish = resolve;
          begun = true;
        });
        return api.logIn("bob-1");
      });
      await vi.waitFor(() => expect(begun).toBe(true), WAIT);
      const waiting = ask(second?.auth as Auth);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(api.asked).toEqual([]);
      finish();
      await login;
      expect(await waiting).toBe("UNAUTHENTICATED");
      await isSignedIn(second?.auth as Auth, "bob-1");
      expect(api.generationOf("alice-1")).toBe(0);
    });

    it("are not set by another step of the login", async () => {
      const { auth } = open();
      const result = { __typename: "SecondFactorRequired", challenge: "c" };
      expect(await auth.login(async () => result)).toBe(result);
      await auth.login(async () => Promise.reject(new Error("wrong"))).catch(() => {});
      expect((await auth.ready()).status).toBe("SIGNED_OUT");
    });

    it("are deleted at logout, in all tabs, even if the access token has expired", async () => {
      const tabs = await openSignedIn(3);
      api.expireAccessTokens();
      await tabs[1]?.auth.logout();
      for (const { auth } of tabs) {
        await isSignedOut(auth);
        expect(auth.getState().reason).toBe("LOGGED_OUT");
      }
      expect(api.asked).toEqual(["Logout"]);
      expect(api.isOver("alice-1")).toBe(true);
      expect(browser.storage.items.size).toBe(0);
    });

    it("are deleted at an offline logout immediately, and the session ends when the browser is online again", async () => {
      const tabs = await openSignedIn(3);
      const auth = tabs[1]?.auth as Auth;
      api.outage = "NETWORK";
      const left = auth.logout();
      expect(auth.getState()).toMatchObject({ status: "SIGNED_OUT", reason: "LOGGED_OUT" });
      await left;
      for (const { auth } of tabs) {
        await isSignedOut(auth);
        expect(await ask(auth)).toBe("UNAUTHENTICATED");
      }
      expect(api.isOver("alice-1")).toBe(false);
      api.outage = null;
      tabs[1]?.page.dispatchEvent(new Event("online"));
      await vi.waitFor(() => expect(api.isOver("alice-1")).toBe(true));
      await vi.waitFor(() => expect(browser.storage.items.size).toBe(0));
      expect(api.countOf("RefreshTokens")).toBe(0);
    });

    it("of a session that was left offline are not restored by a page opened later, which ends it", async () => {
      const tabs = await openSignedIn(1);
      api.outage = "NETWORK";
      await tabs[0]?.auth.logout();
      tabs[0]?.auth.close();
      const offline = open();
      expect(await offline.auth.ready()).toMatchObject({ status: "SIGNED_OUT" });
      offline.auth.close();
      api.outage = null;
      const later = open();
      expect(await later.auth.ready()).toMatchObject({ status: "SIGNED_OUT" });
      await vi.waitFor(() => expect(api.isOver("alice-1")).toBe(true));
    });

    it("of a new login are not ended by a pending logout", async () => {
      const tabs = await openSignedIn(1);
      const auth = tabs[0]?.auth as Auth;
      api.faults.push("NETWORK", "NETWORK");
      await auth.logout();
      await auth.login(async () => api.logIn("bob-1"));
      tabs[0]?.page.dispatchEvent(new Event("online"));
      await isSignedIn(auth, "bob-1");
      api.expireAccessTokens();
      expect(await ask(auth)).toBe("DONE");
      expect(api.isOver("bob-1")).toBe(false);
    });

    it.each(["SESSION_LIMIT", "PASSWORD_CHANGED", "A_REASON_OF_LATER"])(
      "report why they are gone: %s",
      async (reason) => {
        const tabs = await openSignedIn(2);
        api.endSession("alice-1", reason);
        expect(await ask(tabs[0]?.auth as Auth)).toBe("UNAUTHENTICATED");
        for (const { auth } of tabs) {
          await isSignedOut(auth);
          expect(auth.getState().reason).toBe(reason);
        }
      },
    );

    it("are refreshed in time if the clock has no origin", async () => {
      const { auth } = browser.open({ transport, hasTimeOrigin: false });
      await auth.accept(api.logIn("alice-1"));
      browser.later = 14.6 * MINUTE;
      await auth.authorize();
      expect(api.asked).toEqual(["RefreshTokens"]);
      expect(await ask(auth)).toBe("DONE");
    });

    it("are found by a reloaded page, once, and a visitor is reported as one", async () => {
      api.logIn("alice-1");
      const tabs = await openSignedIn(1);
      tabs[0]?.auth.close();
      const reloaded = open();
      expect(reloaded.auth.getState().status).toBe("UNKNOWN");
      expect(await reloaded.auth.ready()).toMatchObject({ status: "SIGNED_IN", sessionId: "alice-1" });
      await reloaded.auth.logout();

      const visitor = open();
      expect(await visitor.auth.ready()).toMatchObject({ status: "SIGNED_OUT", sessionId: null, reason: null });
      const asked = api.asked.length;
      expect(await ask(visitor.auth)).toBe("UNAUTHENTICATED");
      expect(api.asked).toHaveLength(asked);
    });

    it("are passed to a page restored by the back button while others continued", async () => {
      const [first, second] = await openSignedIn(2);
      second?.page.dispatchEvent(new Event("pagehide"));
      await first?.auth.logout();
      await first?.auth.accept(api.logIn("bob-1"));
      second?.page.dispatchEvent(new Event("pageshow"));
      await isSignedIn(second?.auth as Auth, "bob-1");
    });

    it.each([
      ["locks", ["locks"]],
      ["channels", ["channel"]],
      ["windows", ["page"]],
      ["such things", ["locks", "channel", "page"]],
    ] as const)(
      "are refreshed once by each tab if there are no %s, and the user stays logged in",
      async (_, without) => {
        const tabs = [open(without), open(without)];
        await tabs[0]?.auth.accept(api.logIn("alice-1"));
        await ask(tabs[1]?.auth as Auth);
        const before = api.countOf("RefreshTokens");
        api.expireAccessTokens();
        expect(new Set(await askAll(tabs, 50))).toEqual(new Set(["DONE"]));
        expect(api.countOf("RefreshTokens") - before).toBeLessThanOrEqual(2);
        for (const { auth } of tabs) expect(auth.getState().sessionId).toBe("alice-1");
      },
    );

    it("are not restored without locks if another user logs in, in another tab, at the same time", async () => {
      const [first, second] = [open(["locks"]), open(["locks"])];
      await first.auth.accept(api.logIn("alice-1"));
      await isSignedIn(second.auth, "alice-1");
      api.expireAccessTokens();
      const openGate = gate();
      const asked = ask(first.auth);
      await vi.waitFor(() => expect(api.countOf("RefreshTokens")).toBe(1), WAIT);
      await second.auth.accept(api.logIn("bob-1"));
      await isSignedIn(first.auth, "bob-1");
      openGate();
      expect(await asked).toBe("UNAUTHENTICATED");
      for (const { auth } of [first, second])
        expect(auth.getState()).toMatchObject({ status: "SIGNED_IN", sessionId: "bob-1" });
      expect(api.asked).toEqual(["RefreshTokens"]);
      if (transport === "BODY") expect([...browser.storage.items.values()].join()).toContain("bob-1/0");
    });

    it("are not restored without locks if the session ends at the same time", async () => {
      const { auth } = open(["locks"]);
      await auth.accept(api.logIn("alice-1"));
      api.expireAccessTokens();
      const openGate = gate();
      const asked = ask(auth);
      await vi.waitFor(() => expect(api.countOf("RefreshTokens")).toBe(1), WAIT);
      await auth.end();
      openGate();
      expect(await asked).toBe("UNAUTHENTICATED");
      expect(auth.getState()).toMatchObject({ status: "SIGNED_OUT" });
      expect(browser.storage.items.size).toBe(0);
    });
  });
