import { setTimeout as delay } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { api, ask, browser, gate, isSignedIn, useFakes } from "../../test/support/clients/tokens-suite.ts";
import { PATIENCE } from "../../test/support/patience.ts";
import type { Auth } from "./auth.ts";

const MINUTE = 60_000;

useFakes();

/** One login of a member of HOME, A and B, in a tab for each of these tenants. */
const openTabs = async (...tenants: (string | null | undefined)[]): Promise<Auth[]> => {
  const tabs = tenants.map((tenant) => browser.open({ tenant }).auth);
  await tabs[0]?.accept(api.logIn("alice-1", "HOME", "A", "B"));
  for (const auth of tabs) await isSignedIn(auth, "alice-1");
  return tabs;
};

/** In which tenant an operation of this tab is done; or why it is not. */
const tenantOf = async (auth: Auth): Promise<string | null> => {
  let token: string | null = null;
  const outcome = await ask(auth, (grant) => {
    token = grant.token;
  }).catch((failure) => failure.tenantError ?? failure.code);
  return outcome === "DONE" ? api.tenantOf(token) : outcome;
};

const tenantsOf = (tabs: readonly Auth[]) => Promise.all(tabs.map(tenantOf));

it("each tab works in its own tenant, with one login and one refresh for all", async () => {
  const tabs = await openTabs("A", "B", undefined, "HOME");
  expect(await tenantsOf(tabs)).toEqual(["A", "B", "HOME", "HOME"]);
  expect(tabs.map((auth) => auth.getState().tenantId)).toEqual(["A", "B", "HOME", "HOME"]);
  browser.later = 15 * MINUTE;
  api.expireAccessTokens();
  const all = await Promise.all(Array.from({ length: 10 }, () => tenantsOf(tabs)));
  for (const tenants of all) expect(tenants).toEqual(["A", "B", "HOME", "HOME"]);
  expect(api.timesAsked("RefreshTokens")).toBe(1);
  expect(api.timesAsked("IssueAccessToken")).toBe(4);
});

it("a refresh that one tab needs leaves the token of the other as it is", async () => {
  const [a, b] = await openTabs("A", "B");
  if (!a || !b) throw new Error("There are no tabs.");
  await tenantsOf([a, b]);
  const { token } = await b.authorize();
  api.expireTokensOf("A");
  api.expireTokensOf("HOME");
  expect(await tenantOf(a)).toBe("A");
  await vi.waitFor(() => expect(api.timesAsked("RefreshTokens")).toBe(1), PATIENCE);
  await delay(100);
  expect((await b.authorize()).token).toBe(token);
  expect(b.getState()).toMatchObject({ status: "SIGNED_IN", tenantId: "B", tenantError: null });
});

it("other roles in one tenant bring a new token for it, and no refresh", async () => {
  const [a] = await openTabs("A");
  if (!a) throw new Error("There is no tab.");
  await tenantOf(a);
  api.expireTokensOf("A");
  expect(await tenantsOf([a, a, a])).toEqual(["A", "A", "A"]);
  expect(api.timesAsked("RefreshTokens")).toBe(0);
  expect(api.timesAsked("IssueAccessToken")).toBe(2);
});

it("the end of a membership ends the work of its tabs alone", async () => {
  const [a, b] = await openTabs("A", "B");
  if (!a || !b) throw new Error("There are no tabs.");
  await tenantsOf([a, b]);
  api.setMember("alice-1", "A", false);
  expect(await tenantOf(a)).toBe("NOT_A_MEMBER");
  expect(a.getState()).toMatchObject({ status: "SIGNED_IN", tenantId: "A", tenantError: "NOT_A_MEMBER" });
  expect(await tenantOf(b)).toBe("B");
  expect(b.getState()).toMatchObject({ status: "SIGNED_IN", tenantId: "B", tenantError: null });
  const asked = api.asked.length;
  expect(await a.ready()).toMatchObject({ tenantError: "NOT_A_MEMBER" });
  await expect(a.authorize()).rejects.toMatchObject({ code: "FORBIDDEN", tenantError: "NOT_A_MEMBER" });
  expect(api.asked).toHaveLength(asked);
});

it("the end of a membership that one tab hears of is shown in all tabs of that tenant", async () => {
  const tabs = await openTabs("A", "A", "B");
  const [first, second, other] = tabs as [Auth, Auth, Auth];
  await tenantsOf(tabs);
  await first.endMembership(await first.authorize());
  await vi.waitFor(() => expect(second.getState().tenantError).toBe("NOT_A_MEMBER"), PATIENCE);
  expect([first.getState().tenantError, other.getState().tenantError]).toEqual(["NOT_A_MEMBER", null]);
});

it("a tab goes on in its tenant when the home membership ends, and one without a tenant in the next home", async () => {
  const [home, b] = await openTabs(undefined, "B");
  if (!home || !b) throw new Error("There are no tabs.");
  await tenantsOf([home, b]);
  api.setMember("alice-1", "HOME", false);
  expect(await tenantOf(b)).toBe("B");
  // What began in one tenant is not done in another.
  expect(await tenantOf(home)).toBe("UNAUTHENTICATED");
  expect(home.getState()).toMatchObject({ status: "SIGNED_IN", tenantId: "A", tenantError: null });
  expect(await tenantsOf([home, b])).toEqual(["A", "B"]);
  expect(api.timesAsked("RefreshTokens")).toBe(1);
});

it("a new token for a tenant is had although the one that all tabs share was refused", async () => {
  const [b] = await openTabs("B");
  if (!b) throw new Error("There is no tab.");
  await tenantOf(b);
  api.setMember("alice-1", "HOME", false);
  api.expireTokensOf("B");
  expect(await tenantOf(b)).toBe("B");
  expect(api.timesAsked("RefreshTokens")).toBe(1);
});

it("a tab switches its tenant, alone, and shows it", async () => {
  const [a, b] = await openTabs("A", "B");
  if (!a || !b) throw new Error("There are no tabs.");
  const shown: unknown[] = [];
  a.onChange(({ tenantId, tenantError }) => shown.push([tenantId, tenantError]));
  expect(await a.switchTenant("B")).toMatchObject({ tenantId: "B" });
  expect(await tenantOf(a)).toBe("B");
  expect(await a.switchTenant(null)).toMatchObject({ tenantId: "HOME" });
  expect(await tenantsOf([a, b])).toEqual(["HOME", "B"]);
  await Promise.resolve();
  expect(shown).toEqual([
    ["B", null],
    ["HOME", null],
  ]);
});

it("a tab stays where it is if it cannot switch, and comes back to a tenant that takes it again", async () => {
  const [a] = await openTabs("A");
  if (!a) throw new Error("There is no tab.");
  api.setDemanding("B", true);
  const error = { code: "FORBIDDEN", tenantError: "TENANT_REQUIRES_SECOND_FACTOR" };
  await expect(a.switchTenant("B")).rejects.toMatchObject(error);
  expect([await tenantOf(a), a.getState().tenantError]).toEqual(["A", null]);
  api.setDemanding("B", false);
  await a.switchTenant("B");
  expect(await tenantOf(a)).toBe("B");
  api.setMember("alice-1", "B", false);
  expect(await tenantOf(a)).toBe("NOT_A_MEMBER");
  await expect(a.switchTenant("B")).rejects.toMatchObject({ tenantError: "NOT_A_MEMBER" });
  api.setMember("alice-1", "B", true);
  expect(await a.switchTenant("B")).toMatchObject({ tenantId: "B", tenantError: null });
  expect(await tenantOf(a)).toBe("B");
});

it("a page that is loaded again goes on in the tenant that its tab had chosen, unless the app names another", async () => {
  const session = new Map<string, string>();
  const { auth } = browser.open({ session });
  await auth.accept(api.logIn("alice-1", "HOME", "A", "B"));
  await auth.switchTenant("A");
  expect(await tenantOf(browser.open({ session }).auth)).toBe("A");
  expect(await tenantOf(browser.open({ session, tenant: "B" }).auth)).toBe("B");
  expect(await tenantOf(browser.open({ session, tenant: null }).auth)).toBe("HOME");
  expect(await tenantOf(browser.open().auth)).toBe("HOME");
  await auth.switchTenant(null);
  expect(session.size).toBe(0);
});

it("the token of a step-up is sent in its tenant alone", async () => {
  const [a] = await openTabs("A");
  if (!a) throw new Error("There is no tab.");
  await tenantOf(a);
  const { accessToken } = await a.stepUp(async () => api.stepUp("alice-1", 600, "A"));
  expect((await a.authorize()).token).toBe(accessToken);
  await a.switchTenant("B");
  expect(await tenantOf(a)).toBe("B");
});

it("a login in a tab with a tenant does not wait for a token of the last one", async () => {
  const [a] = await openTabs("A");
  if (!a) throw new Error("There is no tab.");
  await a.login(async () => {
    // Never the token of another tenant, whatever is in flight.
    expect((await a.authorize()).token).toBeNull();
    return api.logIn("bob-1", "A");
  });
  expect(await tenantOf(a)).toBe("A");
  expect(a.getState()).toMatchObject({ sessionId: "bob-1", tenantId: "A" });
});

it("a tenant that the next user does not belong to is not entered", async () => {
  const [a] = await openTabs("A");
  if (!a) throw new Error("There is no tab.");
  await tenantOf(a);
  await a.accept(api.logIn("bob-1", "HOME"));
  expect(await tenantOf(a)).toBe("NOT_A_MEMBER");
  expect(a.getState()).toMatchObject({ status: "SIGNED_IN", sessionId: "bob-1", tenantError: "NOT_A_MEMBER" });
  await a.accept(api.logIn("carol-1", "A"));
  expect(await tenantOf(a)).toBe("A");
});

it("a session that is over ends in the tabs of all tenants", async () => {
  const tabs = await openTabs("A", "B");
  await tenantsOf(tabs);
  api.endSession("alice-1", "REVOKED");
  expect(await tenantOf(tabs[0] as Auth)).toBe("UNAUTHENTICATED");
  for (const auth of tabs)
    await vi.waitFor(
      () => expect(auth.getState()).toMatchObject({ status: "SIGNED_OUT", reason: "REVOKED" }),
      PATIENCE,
    );
});

it("a tab that switches while a token for the former tenant is on its way sends one for the new tenant", async () => {
  const [a] = await openTabs("A");
  if (!a) throw new Error("There is no tab.");
  const open = gate();
  const asked = tenantOf(a);
  await vi.waitFor(() => expect(api.timesAsked("IssueAccessToken")).toBe(1), PATIENCE);
  const switched = a.switchTenant("B");
  open();
  await switched;
  await asked;
  expect(await tenantOf(a)).toBe("B");
});

it("while the API is unavailable a token that is good is sent, and otherwise the operation fails; no tab loses its tenant", async () => {
  const [a, b] = await openTabs("A", "B");
  if (!a || !b) throw new Error("There are no tabs.");
  await tenantOf(a);
  api.outage = { code: "SERVICE_UNAVAILABLE", retryAfter: 1 };
  expect(await tenantOf(a)).toBe("A");
  expect(await tenantOf(b)).toBe("SERVICE_UNAVAILABLE");
  expect(b.getState()).toMatchObject({ status: "SIGNED_IN", tenantError: null });
  api.outage = null;
  expect(await tenantOf(b)).toBe("B");
});

it("each tab has its tenant where the refresh token is kept in storage, too", async () => {
  const open = (tenant: string) => browser.open({ transport: "BODY", tenant }).auth;
  const tabs = [open("A"), open("B")] as const;
  await tabs[0].accept(api.logIn("alice-1", "HOME", "A", "B"));
  await isSignedIn(tabs[1], "alice-1");
  api.cookie = null;
  api.isGraceOver = true;
  for (let n = 0; n < 3; n += 1) {
    expect(await tenantsOf(tabs)).toEqual(["A", "B"]);
    api.expireAccessTokens();
  }
  expect(api.generationOf("alice-1")).toBe(2);
});
