import { setTimeout as delay } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { api, ask, browser, gate, isSignedIn, useFakes } from "../../test/support/clients/tokens-suite.ts";
import { WAIT } from "../../test/support/timeouts.ts";
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

/** The tenant in which an operation of this tab is executed, or the error. */
const tenantOf = async (auth: Auth): Promise<string | null> => {
  let token: string | null = null;
  const outcome = await ask(auth, (grant) => {
    token = grant.token;
  }).catch((failure) => failure.tenantError ?? failure.code);
  return outcome === "DONE" ? api.tenantOf(token) : outcome;
};

const tenantsOf = (tabs: readonly Auth[]) => Promise.all(tabs.map(tenantOf));

it("each tab works in its own tenant, with one login and one refresh for all tabs", async () => {
  const tabs = await openTabs("A", "B", undefined, "HOME");
  expect(await tenantsOf(tabs)).toEqual(["A", "B", "HOME", "HOME"]);
  expect(tabs.map((auth) => auth.getState().tenantId)).toEqual(["A", "B", "HOME", "HOME"]);
  browser.later = 15 * MINUTE;
  api.expireAccessTokens();
  const all = await Promise.all(Array.from({ length: 10 }, () => tenantsOf(tabs)));
  for (const tenants of all) expect(tenants).toEqual(["A", "B", "HOME", "HOME"]);
  expect(api.countOf("RefreshTokens")).toBe(1);
  expect(api.countOf("IssueAccessToken")).toBe(4);
});

it("a refresh for one tab does not change the token of another", async () => {
  const [a, b] = await openTabs("A", "B");
  if (!a || !b) throw new Error("Missing tabs.");
  await tenantsOf([a, b]);
  const { token } = await b.authorize();
  api.expireTokensOf("A");
  api.expireTokensOf("HOME");
  expect(await tenantOf(a)).toBe("A");
  await vi.waitFor(() => expect(api.countOf("RefreshTokens")).toBe(1), WAIT);
  await delay(100);
  expect((await b.authorize()).token).toBe(token);
  expect(b.getState()).toMatchObject({ status: "SIGNED_IN", tenantId: "B", tenantError: null });
});

it("changed roles in one tenant lead to a new token for it, without a refresh", async () => {
  const [a] = await openTabs("A");
  if (!a) throw new Error("Missing tab.");
  await tenantOf(a);
  api.expireTokensOf("A");
  expect(await tenantsOf([a, a, a])).toEqual(["A", "A", "A"]);
  expect(api.countOf("RefreshTokens")).toBe(0);
  expect(api.countOf("IssueAccessToken")).toBe(2);
});

it("the end of a membership affects only the tabs of that tenant", async () => {
  const [a, b] = await openTabs("A", "B");
  if (!a || !b) throw new Error("Missing tabs.");
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

it("the end of a membership reported to one tab is shown in all tabs of that tenant", async () => {
  const tabs = await openTabs("A", "A", "B");
  const [first, second, other] = tabs as [Auth, Auth, Auth];
  await tenantsOf(tabs);
  await first.endMembership(await first.authorize());
  await vi.waitFor(() => expect(second.getState().tenantError).toBe("NOT_A_MEMBER"), WAIT);
  expect([first.getState().tenantError, other.getState().tenantError]).toEqual(["NOT_A_MEMBER", null]);
});

it("a tab stays in its tenant when the home membership ends, and one without a tenant moves to the next home", async () => {
  const [home, b] = await openTabs(undefined, "B");
  if (!home || !b) throw new Error("Missing tabs.");
  await tenantsOf([home, b]);
  api.setMember("alice-1", "HOME", false);
  expect(await tenantOf(b)).toBe("B");
  // An operation that began in one tenant is not repeated in another.
  expect(await tenantOf(home)).toBe("UNAUTHENTICATED");
  expect(home.getState()).toMatchObject({ status: "SIGNED_IN", tenantId: "A", tenantError: null });
  expect(await tenantsOf([home, b])).toEqual(["A", "B"]);
  expect(api.countOf("RefreshTokens")).toBe(1);
});

it("a tab gets a new token for its tenant even if the shared token was refused", async () => {
  const [b] = await openTabs("B");
  if (!b) throw new Error("Missing tab.");
  await tenantOf(b);
  api.setMember("alice-1", "HOME", false);
  api.expireTokensOf("B");
  expect(await tenantOf(b)).toBe("B");
  expect(api.countOf("RefreshTokens")).toBe(1);
});

it("a tab switches its tenant without affecting others, and shows it", async () => {
  const [a, b] = await openTabs("A", "B");
  if (!a || !b) throw new Error("Missing tabs.");
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

it("a tab keeps its tenant if it cannot switch, and can return to a tenant that accepts it again", async () => {
  const [a] = await openTabs("A");
  if (!a) throw new Error("Missing tab.");
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

it("a reloaded page continues in the tenant that its tab had chosen, unless the app specifies another", async () => {
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

it("the token of a step-up is sent only in its tenant", async () => {
  const [a] = await openTabs("A");
  if (!a) throw new Error("Missing tab.");
  await tenantOf(a);
  const { accessToken } = await a.stepUp(async () => api.stepUp("alice-1", 600, "A"));
  expect((await a.authorize()).token).toBe(accessToken);
  await a.switchTenant("B");
  expect(await tenantOf(a)).toBe("B");
});

it("a login in a tab with a tenant does not wait for a token of the last one", async () => {
  const [a] = await openTabs("A");
  if (!a) throw new Error("Missing tab.");
  await a.login(async () => {
    // Never the token of another tenant, whatever is in flight.
    expect((await a.authorize()).token).toBeNull();
    return api.logIn("bob-1", "A");
  });
  expect(await tenantOf(a)).toBe("A");
  expect(a.getState()).toMatchObject({ sessionId: "bob-1", tenantId: "A" });
});

it("the next user does not enter a tenant that they do not belong to", async () => {
  const [a] = await openTabs("A");
  if (!a) throw new Error("Missing tab.");
  await tenantOf(a);
  await a.accept(api.logIn("bob-1", "HOME"));
  expect(await tenantOf(a)).toBe("NOT_A_MEMBER");
  expect(a.getState()).toMatchObject({ status: "SIGNED_IN", sessionId: "bob-1", tenantError: "NOT_A_MEMBER" });
  await a.accept(api.logIn("carol-1", "A"));
  expect(await tenantOf(a)).toBe("A");
});

it("an ended session ends in the tabs of all tenants", async () => {
  const tabs = await openTabs("A", "B");
  await tenantsOf(tabs);
  api.endSession("alice-1", "REVOKED");
  expect(await tenantOf(tabs[0] as Auth)).toBe("UNAUTHENTICATED");
  for (const auth of tabs)
    await vi.waitFor(() => expect(auth.getState()).toMatchObject({ status: "SIGNED_OUT", reason: "REVOKED" }), WAIT);
});

it("a tab that switches while a token for the previous tenant is requested sends one for the new tenant", async () => {
  const [a] = await openTabs("A");
  if (!a) throw new Error("Missing tab.");
  const open = gate();
  const asked = tenantOf(a);
  await vi.waitFor(() => expect(api.countOf("IssueAccessToken")).toBe(1), WAIT);
  const switched = a.switchTenant("B");
  open();
  await switched;
  await asked;
  expect(await tenantOf(a)).toBe("B");
});

it("while the API is unavailable, a valid token is sent, otherwise the operation fails; no tab loses its tenant", async () => {
  const [a, b] = await openTabs("A", "B");
  if (!a || !b) throw new Error("Missing tabs.");
  await tenantOf(a);
  api.outage = { code: "SERVICE_UNAVAILABLE", retryAfter: 1 };
  expect(await tenantOf(a)).toBe("A");
  expect(await tenantOf(b)).toBe("SERVICE_UNAVAILABLE");
  expect(b.getState()).toMatchObject({ status: "SIGNED_IN", tenantError: null });
  api.outage = null;
  expect(await tenantOf(b)).toBe("B");
});

it("each tab has its own tenant with the refresh token in storage, too", async () => {
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
