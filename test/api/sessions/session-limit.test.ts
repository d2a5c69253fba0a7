import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tenants } from "#features/tenants/index";
import { DAY, MINUTE } from "#shared/durations";
import type { UserId } from "#shared/ids";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import { enableTotp, logInByTotp } from "../../support/clients/factors.ts";
import type { GraphQLClient, UntypedData } from "../../support/clients/graphql.ts";
import { memberWith } from "../../support/clients/narrow.ts";
import { passkeysOf } from "../../support/clients/passkeys.ts";
import { eventsOf } from "../../support/factories/stored-users.ts";
import { createMember, createTenant, createUser } from "../../support/factories/tenants.ts";
import { LOGIN, newPassword, REFRESH, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { describeIf } from "../../support/servers/index.ts";

const ORIGIN = "https://id.example.test";
const LOGIN_EVICTING = /* GraphQL */ `
  mutation ($input: LoginInput!) {
    login(input: $input) {
      ... on LoginSuccess {
        tokens { accessToken refreshToken }
        session { id }
        evictedSessions { id endedAt endReason current user { id } device { label } }
      }
    }
  }
`;
const ME = "{ me { id } }";
const SIGNED_OUT = /signed out on one of your devices/;

interface Login {
  readonly client: GraphQLClient;
  readonly id: string;
  readonly evicted: UntypedData[];
}

/** Logs in on a new device; no step beyond the password may be required. */
const logInAgain = async (
  app: TestApp,
  { email, password }: SignedInUser,
  deviceName?: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Login> => {
  const client = app.client(headers);
  const answer = await client.ask(LOGIN_EVICTING, { input: { identifier: email, password, deviceName } });
  const login = memberWith("tokens", answer.login);
  client.accessToken = login.tokens.accessToken;
  client.refreshToken = login.tokens.refreshToken;
  return { client, id: login.session.id, evicted: login.evictedSessions };
};

const idsOf = (sessions: UntypedData[]): string[] => sessions.map(({ id }) => id).toSorted();
const liveSessionsOf = async (client: GraphQLClient): Promise<string[]> =>
  idsOf((await client.ask("{ sessions { id } }")).sessions);

const suite = (settings: Readonly<Record<string, string>>) => () => {
  let app: TestApp;
  let replica: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ settings: { PUBLIC_URL: ORIGIN, ...settings }, limitSessions: true });
    replica = await startTestApp({ settings: { PUBLIC_URL: ORIGIN, ...settings }, replicaOf: app });
  });
  afterAll(async () => {
    await replica.stop();
    await app.stop();
  });

  const anyUser = async (maxSessions: number | null) =>
    createMember(app, await createTenant(app, "Acme", { maxSessions }));
  const endReasonsOf = async ({ id }: SignedInUser) =>
    (await eventsOf(app, { id: id as UserId }))
      .filter(({ type }) => type === "SESSION_ENDED")
      .map(({ details }) => details);

  it("of two, the default, lets a third login replace the first", async () => {
    const alice = await createUser(app);
    const second = await logInAgain(app, alice);
    expect(second.evicted).toEqual([]);

    const third = await logInAgain(app, alice, "Kitchen tablet");
    expect(third.evicted).toEqual([
      {
        id: alice.sessionId,
        endedAt: expect.any(String),
        endReason: "SESSION_LIMIT",
        current: false,
        user: { id: alice.id },
        device: { label: expect.any(String) },
      },
    ]);
    expect(await liveSessionsOf(third.client)).toEqual([second.id, third.id].toSorted());
    const { sessionHistory } = await third.client.ask("{ sessionHistory { nodes { id endReason } } }");
    expect(sessionHistory.nodes).toContainEqual({ id: alice.sessionId, endReason: "SESSION_LIMIT" });
    expect(await endReasonsOf(alice)).toEqual([{ sessionId: alice.sessionId, reason: "SESSION_LIMIT" }]);
    const { text } = await app.mail.waitForMail({ to: alice.email, subject: SIGNED_OUT });
    expect(text).toContain("“unknown device”");
    expect(text).not.toContain("Kitchen tablet");
  });

  it("ends both tokens of the replaced session, immediately and on every replica", async () => {
    const bob = await anyUser(1);
    const elsewhere = replica.client();
    elsewhere.accessToken = bob.client.accessToken;
    // Both replicas have seen the token and may have cached it.
    for (const client of [bob.client, elsewhere]) await client.ask(ME);

    await logInAgain(app, bob);

    for (const client of [bob.client, elsewhere]) {
      expect(await client.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED", status: 401 });
      const { validateToken } = await client.ask(
        "mutation ($t: String!) { validateToken(input: { token: $t }) { valid reason } }",
        {
          t: bob.client.accessToken,
        },
      );
      expect(validateToken).toEqual({ valid: false, reason: "REVOKED" });
      expect(await client.refused(REFRESH, { token: bob.client.refreshToken })).toEqual({
        code: "INVALID_REFRESH_TOKEN",
        status: 401,
        endReason: "SESSION_LIMIT",
      });
    }
  });

  it("applies to logins at the other replica, too", async () => {
    const bob = await anyUser(1);
    await bob.client.ask(ME);
    const { evicted } = await logInAgain(replica, bob);
    expect(idsOf(evicted)).toEqual([bob.sessionId]);
    expect(await bob.client.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
  });
};

describe("a limit of sessions", suite({}));
describeIf("redis", "a limit of sessions, even if Redis has cached one of them", (url) => suite({ REDIS_URL: url })());

describe("a login within the tenant's limit of sessions", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ settings: { PUBLIC_URL: ORIGIN } });
  });
  afterAll(() => app.stop());

  const anyUser = async (maxSessions: number | null) =>
    createMember(app, await createTenant(app, "Acme", { maxSessions }));
  const setLimit = async ({ id }: SignedInUser, maxSessions: number | null) => {
    const { tenantId } = await app.app.users.get(id as UserId);
    await app.app.db.update(tenants).set({ maxSessions }).where(eq(tenants.id, tenantId));
  };

  it("ends the session that was least recently active, however old it is", async () => {
    const bob = await anyUser(2);
    const second = await logInAgain(app, bob);
    app.clock.advance(2 * MINUTE);
    await bob.client.ask(REFRESH, { token: bob.client.refreshToken });
    const third = await logInAgain(app, bob);
    expect(idsOf(third.evicted)).toEqual([second.id]);
    expect(await liveSessionsOf(third.client)).toEqual([bob.sessionId, third.id].toSorted());
  });

  it("counts any call as activity, recorded to the minute", async () => {
    const bob = await anyUser(2);
    const second = await logInAgain(app, bob);
    app.clock.advance(2 * MINUTE);
    await bob.client.ask(ME);
    const lastActivity = async () => (await bob.client.ask("{ sessions { id lastActivityAt } }")).sessions[0];
    await expect.poll(lastActivity).toMatchObject({ id: bob.sessionId });
    expect(idsOf((await logInAgain(app, bob)).evicted)).toEqual([second.id]);
  });

  it("ends none without a limit", async () => {
    const bob = await anyUser(null);
    for (let n = 0; n < 5; n++) expect((await logInAgain(app, bob)).evicted).toEqual([]);
    expect(await liveSessionsOf(bob.client)).toHaveLength(6);
  });

  it("ends the only other one if the limit is one", async () => {
    const bob = await anyUser(1);
    const second = await logInAgain(app, bob);
    const third = await logInAgain(app, bob);
    expect([second, third].map(({ evicted }) => idsOf(evicted))).toEqual([[bob.sessionId], [second.id]]);
    expect(await liveSessionsOf(third.client)).toEqual([third.id]);
  });

  it("ends as many as a lower limit requires, with one mail; a higher one leaves room", async () => {
    const bob = await anyUser(5);
    for (const [n, system] of ["Windows NT 10.0; Win64; x64", "X11; Linux x86_64", "Android 14; Mobile"].entries())
      await logInAgain(app, bob, `Device ${n}`, {
        "user-agent": `Mozilla/5.0 (${system}; rv:133.0) Gecko/20100101 Firefox/133.0`,
      });
    await setLimit(bob, 2);
    // A lower limit ends nothing by itself.
    expect(await liveSessionsOf(bob.client)).toHaveLength(4);

    const fifth = await logInAgain(app, bob);
    expect(fifth.evicted).toHaveLength(3);
    expect(await liveSessionsOf(fifth.client)).toHaveLength(2);
    const { text } = await app.mail.waitForMail({ to: bob.email, subject: SIGNED_OUT });
    // The first session had no User-Agent. The mail contains what the server observed of the others, and no text chosen by them.
    for (const device of ["Firefox on Windows", "Firefox on Linux"]) expect(text).toContain(device);
    expect(text).not.toContain("Firefox on Android");
    expect(fifth.evicted.map(({ device }) => device.label)).toEqual(expect.arrayContaining(["Device 0", "Device 1"]));
    expect(text).not.toMatch(/Device \d/);

    await setLimit(bob, 3);
    expect((await logInAgain(app, bob)).evicted).toEqual([]);
    expect(await liveSessionsOf(fifth.client)).toHaveLength(3);
    await expect(app.mail.waitForMail({ to: bob.email, subject: SIGNED_OUT }, 0)).rejects.toThrow("No mail");
  });

  it("ends no session of another user", async () => {
    const tenant = await createTenant(app, "Acme", { maxSessions: 1 });
    const [bob, carol] = [await createMember(app, tenant), await createMember(app, tenant)];
    expect(idsOf((await logInAgain(app, bob)).evicted)).toEqual([bob.sessionId]);
    expect(await liveSessionsOf(carol.client)).toEqual([carol.sessionId]);
  });

  it("ends none if the password was wrong", async () => {
    const bob = await anyUser(1);
    const wrong = { input: { identifier: bob.email, password: newPassword() } };
    expect(await app.client().refused(LOGIN, wrong)).toMatchObject({ code: "INVALID_CREDENTIALS" });
    expect(await liveSessionsOf(bob.client)).toEqual([bob.sessionId]);
  });

  it("does not count sessions that have expired but were not swept yet", async () => {
    const bob = await anyUser(2);
    app.clock.advance(8 * DAY);
    expect((await logInAgain(app, bob)).evicted).toEqual([]);
    expect((await logInAgain(app, bob)).evicted).toEqual([]);
    expect((await logInAgain(app, bob)).evicted).toHaveLength(1);
  });

  it("is enforced when the second factor is proved, not before", async () => {
    const bob = await anyUser(1);
    const { authenticator } = await enableTotp(app, bob);
    const { client, session } = await logInByTotp(app, bob, authenticator);
    expect(await liveSessionsOf(client)).toEqual([session.id]);
    expect(await bob.client.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });

    await app.client().ask(LOGIN_EVICTING, { input: { identifier: bob.email, password: bob.password } });
    expect(await liveSessionsOf(client)).toEqual([session.id]);
  });

  it("is enforced for a passkey, too", async () => {
    const bob = await anyUser(1);
    const { enrol, prove, finish } = passkeysOf(app);
    const device = new SoftwareAuthenticator();
    await enrol(bob, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
    const { session } = await finish(await prove((publicKey) => device.get(publicKey, { origin: ORIGIN })));
    expect(session.id).not.toBe(bob.sessionId);
    expect(await bob.client.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
  });
});
