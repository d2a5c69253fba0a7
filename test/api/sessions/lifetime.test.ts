import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sessions } from "#features/sessions/index";
import { DAY, HOUR, MINUTE } from "#shared/durations";
import type { SessionId } from "#shared/ids";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { present } from "../../support/clients/narrow.ts";
import { endedSessionIds } from "../../support/factories/session-ends.ts";
import { createTenantWithUsers, createUser, createUserAs } from "../../support/factories/tenants.ts";
import { logIn, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const REFRESH =
  "mutation ($input: RefreshTokenInput) { refreshToken(input: $input) { tokens { accessToken refreshToken refreshExpiresAt } } }";
const SESSIONS = "{ sessions { id current lastActivityAt } }";
const ENDED = "{ sessionHistory { nodes { id current endReason } } }";

describe("the lifetime of a session", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  const refresh = async ({ client }: SignedInUser): Promise<UntypedData> => {
    const { refreshToken } = await client.ask(REFRESH, { input: { refreshToken: client.refreshToken } });
    client.accessToken = refreshToken.tokens.accessToken;
    client.refreshToken = refreshToken.tokens.refreshToken;
    return refreshToken.tokens;
  };

  it("is extended by seven days with every refresh, and ends permanently after thirty", async () => {
    const alice = await createUser(app);
    const began = app.clock.now().getTime();
    for (let day = 0; day < 29; day += 6) {
      const { refreshExpiresAt } = await refresh(alice);
      const expected = Math.min(app.clock.now().getTime() + 7 * DAY, began + 30 * DAY);
      expect(Math.abs(new Date(refreshExpiresAt).getTime() - expected)).toBeLessThan(MINUTE);
      app.clock.advance(6 * DAY);
    }
    expect(await alice.client.refused(REFRESH, { input: { refreshToken: alice.client.refreshToken } })).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
    });
  });

  it("ends a week after the last refresh; it is shown as expired, marked by the sweep, and deleted after thirty days", async () => {
    const alice = await createUser(app);
    const expired = alice.sessionId as SessionId;
    app.clock.advance(7 * DAY + HOUR);
    expect(await alice.client.refused(REFRESH, { input: { refreshToken: alice.client.refreshToken } })).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
    });
    await logIn(alice.client, alice.email, alice.password);
    const seen = (await alice.client.ask(ENDED)).sessionHistory.nodes;
    expect(seen.find(({ id }: UntypedData) => id === expired)).toMatchObject({ endReason: "EXPIRED", current: false });
    expect((await alice.client.ask(SESSIONS)).sessions).toHaveLength(1);

    const { db } = app.app;
    const row = () => db.select().from(sessions).where(eq(sessions.id, expired));
    expect(await row()).toMatchObject([{ endedAt: null }]);
    await app.app.sessionSweeps.sweep();
    expect(await row()).toMatchObject([{ endReason: "EXPIRED" }]);
    app.clock.advance(30 * DAY);
    await app.app.sessionSweeps.sweep();
    expect(await row()).toEqual([]);
  });

  it("shows when it was last used, to the minute", async () => {
    const alice = await createUser(app);
    const lastUsed = async () => {
      await app.app.activity.flush();
      return new Date(present((await alice.client.ask(SESSIONS)).sessions[0]).lastActivityAt).getTime();
    };
    const before = await lastUsed();
    app.clock.advance(30_000);
    await alice.client.ask("{ me { id } }");
    expect(await lastUsed()).toBe(before);
    app.clock.advance(31_000);
    await alice.client.ask("{ me { id } }");
    expect(await lastUsed()).toBeGreaterThan(before + MINUTE);
  });

  it("ends with all others through logoutAll, each with its event", async () => {
    const alice = await createUser(app);
    const phone = app.client();
    await logIn(phone, alice.email, alice.password);
    expect(await phone.ask("mutation { logoutAll { endedSessionIds } }")).toEqual({
      logoutAll: { endedSessionIds: endedSessionIds(2) },
    });
    for (const client of [phone, alice.client])
      expect(await client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    await logIn(phone, alice.email, alice.password);
    const { securityEvents } = await phone.ask(
      "{ securityEvents(filter: { types: [SESSION_ENDED] }) { nodes { ... on SessionEndedEvent { sessionId endReason allDevices } } } }",
    );
    expect(securityEvents.nodes).toEqual(
      [expect.anything(), expect.anything()].map(() => ({
        sessionId: expect.any(String),
        endReason: "LOGGED_OUT",
        allDevices: true,
      })),
    );
  });
});

describe("a session in cookies", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  it("is refreshed and ended without exposing the refresh token to scripts", async () => {
    const alice = await createUser(app);
    const browser = app.client();
    const { tokens, deviceToken } = await logIn(browser, alice.email, alice.password, { transport: "COOKIE" });
    expect(tokens.refreshToken).toBeNull();
    expect(deviceToken).toBeNull();
    expect([...browser.cookies.keys()].sort()).toEqual(["__Host-portcullis_device", "__Host-portcullis_refresh"]);
    const first = browser.cookies.get("__Host-portcullis_refresh");

    const { refreshToken } = await browser.ask("mutation { refreshToken { tokens { accessToken refreshToken } } }");
    expect(refreshToken.tokens.refreshToken).toBeNull();
    expect(browser.cookies.get("__Host-portcullis_refresh")).not.toBe(first);
    browser.accessToken = refreshToken.tokens.accessToken;

    await browser.ask("mutation { logout { endedSessionId } }");
    expect([...browser.cookies.keys()]).toEqual(["__Host-portcullis_device"]);
    expect(await browser.refused("mutation { refreshToken { tokens { accessToken } } }")).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
    });
  });
});

describe("a session that a caller may see and end", () => {
  const SESSION = "query ($id: ID!) { session(id: $id) { id } }";
  const END = "mutation ($id: ID!) { deleteSession(input: { sessionId: $id }) { session { id endReason } } }";
  let app: TestApp;
  let alice: SignedInUser;
  beforeAll(async () => {
    app = await startTestApp();
    alice = await createUser(app);
  });
  afterAll(() => app.stop());

  it("is not another user's in the same tenant", async () => {
    const bob = await createUser(app, { name: "bob" });
    expect(await bob.client.ask(SESSION, { id: alice.sessionId })).toEqual({ session: null });
    expect(await bob.client.refused(END, { id: alice.sessionId })).toMatchObject({
      code: "FORBIDDEN",
      reason: "NOT_SESSION_OWNER",
    });
    await alice.client.ask("{ me { id } }");
  });

  it("is not one of another tenant, not even for its admin", async () => {
    const { admin: stranger } = await createTenantWithUsers(app);
    expect(await stranger.client.ask(SESSION, { id: alice.sessionId })).toEqual({ session: null });
    expect(await stranger.client.refused(END, { id: alice.sessionId })).toMatchObject({ code: "NOT_FOUND" });
    await alice.client.ask("{ me { id } }");
  });

  it("is any of the tenant for its admin, except an operator's", async () => {
    const admin = await createUserAs(app, "ADMIN");
    const operator = await createUserAs(app, "OPERATOR");
    const victim = await createUser(app);
    expect(await admin.client.ask(END, { id: victim.sessionId })).toMatchObject({
      deleteSession: { session: { endReason: "ADMIN_REVOKED" } },
    });
    expect(await victim.client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await admin.client.refused(END, { id: operator.sessionId })).toMatchObject({
      code: "FORBIDDEN",
      reason: "MISSING_PERMISSION",
    });
    await operator.client.ask("{ me { id } }");
  });

  it("is not one that has ended or never existed", async () => {
    const phone = app.client();
    const { session } = await logIn(phone, alice.email, alice.password);
    await alice.client.ask(END, { id: session.id });
    expect(await alice.client.refused(END, { id: session.id })).toMatchObject({ code: "NOT_FOUND" });
    expect(await alice.client.refused(END, { id: "nonsense" })).toMatchObject({ code: "NOT_FOUND" });
  });
});
