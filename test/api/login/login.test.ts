import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devices } from "#features/devices/index";
import { tenants } from "#features/tenants/index";
import { MINUTE } from "#shared/durations";
import type { UserId } from "#shared/ids";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { memberWith } from "../../support/clients/narrow.ts";
import { createTenantWithUsers, createUser, createUserAs } from "../../support/factories/tenants.ts";
import { LOGIN, logIn, newEmail, newPassword, register, signUp } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const refuse = (identifier: string, password: string) =>
  app.client().refused(LOGIN, { input: { identifier, password } });

describe("a user logging in", () => {
  it("is identified by address or username, in any case", async () => {
    const username = `Alice.${Date.now()}`;
    const alice = await createUser(app, { username });
    for (const identifier of [
      alice.email,
      alice.email.toUpperCase(),
      username,
      username.toLowerCase(),
      ` ${alice.email} `,
    ])
      expect((await logIn(app.client(), identifier, alice.password)).user.id).toBe(alice.id);
  });

  it("gets tokens, the session, and the advice to add a factor", async () => {
    const alice = await createUser(app);
    const login = await logIn(app.client(), alice.email, alice.password);
    expect(login).toMatchObject({
      __typename: "LoginSuccess",
      tokens: { tokenType: "Bearer", expiresIn: 900, refreshToken: expect.stringMatching(/^pcr_/) },
      mfaRecommended: true,
      deviceToken: expect.any(String),
    });
  });
});

describe("an obstacle to a login", () => {
  it("is not revealed for an address that was never verified: the answer is that of an unknown one", async () => {
    const email = newEmail();
    const password = newPassword();
    await register(app, { email, password });
    for (const each of [password, newPassword()])
      expect(await refuse(email, each)).toEqual({ code: "INVALID_CREDENTIALS", status: 401 });
  });

  it("is a suspension, until it is lifted", async () => {
    const [admin, alice] = [await createUserAs(app, "ADMIN"), await createUser(app)];
    await admin.client.ask("mutation ($id: ID!) { suspendUser(input: { userId: $id }) { user { status } } }", {
      id: alice.id,
    });
    expect(await refuse(alice.email, alice.password)).toMatchObject({ code: "FORBIDDEN", reason: "ACCOUNT_SUSPENDED" });
    expect(await refuse(alice.email, newPassword())).toMatchObject({ code: "INVALID_CREDENTIALS" });
    const { securityEvents } = await admin.client.ask(
      "query ($id: ID!) { securityEvents(filter: { userId: $id, types: [LOGIN_FAILED] }) { nodes { ipAddress ... on LoginFailedEvent { obstacle } } } }",
      { id: alice.id },
    );
    expect(securityEvents.nodes).toEqual([
      { obstacle: null, ipAddress: "127.0.0.1" },
      { obstacle: "ACCOUNT_SUSPENDED", ipAddress: "127.0.0.1" },
    ]);
    await admin.client.ask("mutation ($id: ID!) { reactivateUser(input: { userId: $id }) { user { status } } }", {
      id: alice.id,
    });
    await logIn(app.client(), alice.email, alice.password);
  });

  it("is a password that must be reset", async () => {
    const [admin, alice] = [await createUserAs(app, "ADMIN"), await createUser(app)];
    await admin.client.ask("mutation ($id: ID!) { requirePasswordReset(input: { userId: $id }) { user { id } } }", {
      id: alice.id,
    });
    expect(await refuse(alice.email, alice.password)).toMatchObject({
      code: "FORBIDDEN",
      reason: "PASSWORD_RESET_REQUIRED",
    });
  });

  it("is a suspended tenant, whose sessions end, too", async () => {
    const { tenant, bob: stranger } = await createTenantWithUsers(app);
    await app.app.sessions.withSessionInvalidation(stranger.id as UserId, (tx) =>
      tx.update(tenants).set({ status: "SUSPENDED" }).where(eq(tenants.id, tenant.id)),
    );
    expect(await stranger.client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await refuse(stranger.email, stranger.password)).toMatchObject({
      code: "FORBIDDEN",
      reason: "TENANT_SUSPENDED",
    });
  });
});

describe("a device", () => {
  const events = async (client: UntypedData) =>
    (
      await client.ask(
        "{ securityEvents(filter: { types: [LOGIN_SUCCEEDED] }) { nodes { ... on LoginSucceededEvent { newDevice } device { label } } } }",
      )
    ).securityEvents.nodes;
  const devicesOf = (id: string) =>
    app.app.db
      .select()
      .from(devices)
      .where(eq(devices.userId, id as UserId));

  it("is recognised by its token, and by nothing else", async () => {
    const alice = await signUp(app);
    const phone = app.client();
    const { deviceToken } = await logIn(phone, alice.email, alice.password, {
      deviceToken: alice.client.deviceToken ?? "",
    });
    expect(deviceToken).toBe(alice.client.deviceToken);
    await logIn(app.client(), alice.email, alice.password);
    expect((await events(phone)).map(({ newDevice }: UntypedData) => newDevice)).toEqual([true, false, true]);
    expect((await devicesOf(alice.id)).map(({ loginCount }) => loginCount).sort()).toEqual([1, 2]);
  });

  it("does not keep a token that was chosen by another party", async () => {
    const [alice, bob] = [await createUser(app), await createUser(app, { name: "bob" })];
    for (const planted of [bob.client.deviceToken ?? "", "A".repeat(43), "short", "x".repeat(5_000)]) {
      const { deviceToken } = await logIn(app.client(), alice.email, alice.password, { deviceToken: planted });
      expect(deviceToken).not.toBe(planted);
    }
    expect((await events(alice.client)).every(({ newDevice }: UntypedData) => newDevice)).toBe(true);
  });

  it("has the name that its client sent", async () => {
    const alice = await createUser(app);
    const kiosk = app.client();
    await logIn(kiosk, alice.email, alice.password, { deviceName: "Kiosk in the hall" });
    const { sessions } = await kiosk.ask("{ sessions { current device { label } } }");
    expect(sessions.find(({ current }) => current)?.device.label).toBe("Kiosk in the hall");
    const input = { identifier: alice.email, password: alice.password, deviceName: "a\nb" };
    expect(await app.client().refused(LOGIN, { input })).toMatchObject({
      code: "BAD_USER_INPUT",
      fields: [{ path: "input.deviceName" }],
    });
  });
});

describe("a device token in a cookie", () => {
  it("is never returned to scripts, whatever transport the next login requests", async () => {
    const alice = await createUser(app);
    const browser = app.client();
    const { login } = await browser.ask(LOGIN, {
      input: { identifier: alice.email, password: alice.password, transport: "COOKIE" },
    });
    expect(memberWith("deviceToken", login).deviceToken).toBeNull();
    const cookies = new Map(browser.cookies);
    const body = await logIn(browser, alice.email, alice.password);
    expect(body.tokens.refreshToken).toEqual(expect.any(String));
    expect(body.deviceToken).toBeNull();
    expect(browser.cookies.get("__Host-portcullis_device")).toBe(cookies.get("__Host-portcullis_device"));
  });

  it("is returned if it was sent in the body, or is new", async () => {
    const [alice, bob] = [await createUser(app), await createUser(app, { name: "bob" })];
    const browser = app.client();
    await browser.ask(LOGIN, { input: { identifier: alice.email, password: alice.password, transport: "COOKIE" } });
    const known = String(alice.client.deviceToken);
    const { deviceToken } = await logIn(browser, alice.email, alice.password, { deviceToken: known });
    expect(deviceToken).toBe(known);
    expect((await logIn(browser, bob.email, bob.password)).deviceToken).toEqual(expect.any(String));
  });
});

describe("the login metrics", () => {
  const counted = async (): Promise<Record<string, number>> => {
    const text = await (await fetch(`${app.url}/metrics`)).text();
    const lines = text.matchAll(/^portcullis_logins_total\{outcome="(\w+)"\} (\d+)$/gm);
    return Object.fromEntries([...lines].map(([, outcome, count]) => [outcome, Number(count)]));
  };

  it("count the outcome of logins, and only those that committed", async () => {
    const alice = await createUser(app);
    const before = await counted();
    await app.app.db.execute(sql`
      create function refuse_session() returns trigger language plpgsql as $$ begin raise 'out of order'; end $$`);
    await app.app.db.execute(sql`
      create trigger out_of_order before insert on sessions for each row execute function refuse_session()`);
    expect(await refuse(alice.email, alice.password)).toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
    await app.app.db.execute(sql`drop function refuse_session cascade`);
    expect(await counted()).toEqual(before);

    await refuse(alice.email, newPassword());
    await logIn(app.client(), alice.email, alice.password);
    const { SUCCESS = 0, FAILED = 0 } = before;
    expect(await counted()).toEqual({ ...before, SUCCESS: SUCCESS + 1, FAILED: FAILED + 1 });
  });
});

describe("reauthentication", () => {
  const REAUTHENTICATE =
    "mutation ($password: String) { reauthenticate(input: { password: $password }) { accessToken session { id current } } }";
  const CHANGE = "mutation ($newEmail: EmailAddress!) { changeEmail(input: { newEmail: $newEmail }) { newEmail } }";

  it("allows what requires a step-up, for ten minutes", async () => {
    const { client, password, sessionId } = await createUser(app);
    app.clock.advance(10 * MINUTE + 1_000);
    expect(await client.refused(CHANGE, { newEmail: newEmail() })).toMatchObject({
      code: "REAUTHENTICATION_REQUIRED",
      status: 403,
    });
    expect(await client.refused(REAUTHENTICATE, { password: newPassword() })).toMatchObject({
      code: "FORBIDDEN",
      reason: "INCORRECT_PASSWORD",
    });
    expect(await client.refused(CHANGE, { newEmail: newEmail() })).toMatchObject({ code: "REAUTHENTICATION_REQUIRED" });
    const { reauthenticate } = await client.ask(REAUTHENTICATE, { password });
    expect(reauthenticate.session).toEqual({ id: sessionId, current: true });
    client.accessToken = reauthenticate.accessToken;
    await client.ask(CHANGE, { newEmail: newEmail() });
  });

  it("applies to this session only", async () => {
    const alice = await createUser(app);
    const phone = app.client();
    await logIn(phone, alice.email, alice.password);
    app.clock.advance(10 * MINUTE + 1_000);
    await alice.client.ask(REAUTHENTICATE, { password: alice.password });
    expect(await phone.refused(CHANGE, { newEmail: newEmail() })).toMatchObject({ code: "REAUTHENTICATION_REQUIRED" });
  });

  it("requires a proof", async () => {
    const { client } = await createUser(app);
    expect(await client.refused(REAUTHENTICATE, {})).toMatchObject({
      code: "BAD_USER_INPUT",
      fields: [{ path: "input" }],
    });
  });
});
