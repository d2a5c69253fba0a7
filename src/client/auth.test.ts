import { describe, expect, it } from "vitest";
import { api, ask, browser, isSignedOut, useFakes } from "../../test/support/clients/tokens-suite.ts";

useFakes();

it("ends an old session whose cookie overwrote that of a new login", async () => {
  const { auth } = browser.open();
  await auth.accept(api.logIn("alice-1"));
  const cookie = api.cookie;
  await auth.accept(api.logIn("bob-1"));
  // The response of a refresh that was in progress arrived last.
  api.cookie = cookie;
  api.expireAccessTokens();
  expect(await ask(auth)).toBe("UNAUTHENTICATED");
  expect(auth.getState()).toMatchObject({ status: "SIGNED_OUT", reason: "ENDED" });
  expect([api.isOver("alice-1"), api.cookie]).toEqual([true, null]);
});

it("follows a login of another frontend with the same cookie, and does not repeat operations of the old session", async () => {
  const { auth } = browser.open();
  await auth.accept(api.logIn("alice-1"));
  api.logIn("bob-1");
  api.expireAccessTokens();
  expect(await ask(auth)).toBe("UNAUTHENTICATED");
  expect(auth.getState()).toMatchObject({ status: "SIGNED_IN", sessionId: "bob-1" });
  expect(await ask(auth)).toBe("DONE");
});

it("keeps tabs without a shared storage independent", async () => {
  const open = () => browser.open({ transport: "BODY", storage: undefined });
  const [first, second] = [open(), open()];
  await first.auth.accept(api.logIn("alice-1"));
  await second.auth.accept(api.logIn("bob-1"));
  await first.auth.logout();
  expect(second.auth.getState()).toMatchObject({ status: "SIGNED_IN", sessionId: "bob-1" });
});

it("rejects values that are not tokens", async () => {
  const { auth } = browser.open();
  for (const accessToken of ["", "opaque", "a.b.c"])
    await expect(auth.accept({ tokens: { accessToken, expiresIn: 900 } })).rejects.toThrow(TypeError);
  const { accessToken } = api.logIn("alice-1").tokens;
  await expect(auth.accept({ tokens: { accessToken, expiresIn: Number.NaN } })).rejects.toThrow(TypeError);
  expect(auth.getState().status).toBe("UNKNOWN");
});

it("reports each change once, even if a listener throws", async () => {
  const { auth } = browser.open();
  const states: unknown[] = [];
  const stop = auth.onChange((state) => states.push(state));
  await auth.accept(api.logIn("alice-1"));
  const state = auth.getState();
  api.expireAccessTokens();
  await ask(auth);
  expect(auth.getState()).toBe(state);
  await auth.logout();
  expect(states).toEqual([
    { status: "SIGNED_IN", sessionId: "alice-1", reason: null, tenantId: null, tenantError: null },
    { status: "SIGNED_OUT", sessionId: null, reason: "LOGGED_OUT", tenantId: null, tenantError: null },
  ]);
  stop();
  await auth.accept(api.logIn("alice-2"));
  expect(states).toHaveLength(2);
});

describe("storage", () => {
  /** Like Expo's SecureStore, which rejects other characters in keys. */
  const strict = () => {
    const items = new Map<string, string>();
    const check = (key: string) => {
      if (!/^[\w.-]+$/.test(key)) throw new Error(`Invalid key: ${key}`);
    };
    return {
      items,
      getItem: async (key: string) => {
        check(key);
        return items.get(key) ?? null;
      },
      setItem: async (key: string, value: string) => {
        check(key);
        items.set(key, value);
      },
      removeItem: async (key: string) => {
        check(key);
        items.delete(key);
      },
    };
  };

  it("may accept only letters, digits, dots, dashes and underscores in its keys", async () => {
    const storage = strict();
    const options = { transport: "BODY", url: "https://id.example.com/graphql?a=ä b", storage } as const;
    const { auth } = browser.open(options);
    await auth.accept(api.logIn("alice-1"));
    auth.close();
    const again = browser.open({ ...options, without: ["locks", "channel", "page"] });
    expect(await again.auth.ready()).toMatchObject({ status: "SIGNED_IN", sessionId: "alice-1" });
    await again.auth.logout();
    expect(storage.items.size).toBe(0);
  });

  it("signs the user in with the token that an earlier version stored under its old key", async () => {
    const { refreshToken } = api.logIn("alice-1").tokens;
    browser.storage.items.set("portcullis BODY /graphql", JSON.stringify({ sessionId: "alice-1", refreshToken }));
    const { auth } = browser.open({ transport: "BODY" });
    expect(await auth.ready()).toMatchObject({ status: "SIGNED_IN", sessionId: "alice-1" });
    expect([...browser.storage.items.keys()]).toEqual(["portcullis_BODY__graphql"]);
    await auth.logout();
    expect(browser.storage.items.size).toBe(0);
  });

  it("keeps logins with different keys apart: tokens, messages and logouts", async () => {
    const openAs = (storageKey: string) => browser.open({ transport: "BODY", storageKey }).auth;
    const [work, home] = [openAs("acme.work"), openAs("acme.home")];
    await work.accept(api.logIn("alice-1"));
    await home.accept(api.logIn("bob-1"));
    expect([...browser.storage.items.keys()].toSorted()).toEqual(["acme.home", "acme.work"]);
    const later = openAs("acme.work");
    expect(await later.ready()).toMatchObject({ sessionId: "alice-1" });
    await later.logout();
    await isSignedOut(work);
    expect(home.getState()).toMatchObject({ status: "SIGNED_IN", sessionId: "bob-1" });
    expect([...browser.storage.items.keys()]).toEqual(["acme.home"]);
  });
});

describe("cookies", () => {
  const warningsOf = (hostname: string, url: string, transport: "COOKIE" | "BODY" = "COOKIE") => {
    const warnings: string[] = [];
    browser.open({ url, transport, location: { hostname }, warnings });
    return warnings;
  };

  it.each([
    ["localhost", "http://127.0.0.1:4000/graphql"],
    ["127.0.0.1", "http://localhost:4000/graphql"],
    ["localhost", "http://[::1]:4000/graphql"],
    ["app.example.com", "https://id.example.org/graphql"],
    ["10.0.0.1", "http://10.0.0.2/graphql"],
  ])("cause a warning if pages of %s do not send them to %s", (hostname, url) => {
    expect(warningsOf(hostname, url)).toEqual([expect.stringContaining(`are not sent from pages of ${hostname}`)]);
    expect(warningsOf(hostname, url, "BODY")).toEqual([]);
  });

  it.each([
    ["localhost", "http://localhost:4000/graphql"],
    ["localhost", "/graphql"],
    ["app.example.com", "https://id.example.com/graphql"],
    ["example.com", "https://ID.EXAMPLE.COM/graphql"],
    ["127.0.0.1", "http://127.0.0.1:4000/graphql"],
  ])("cause no warning if pages of %s send them to %s", (hostname, url) => {
    expect(warningsOf(hostname, url)).toEqual([]);
  });
});
