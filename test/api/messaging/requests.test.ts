import type { NatsConnection } from "@nats-io/transport-node";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RequestSubject } from "#features/messaging/requests/request-definitions";
import { registrations } from "#features/registration/index";
import { accountsOf, enableTotp, finishLogin, VERIFY_TOTP, waitForNewCode } from "../../support/clients/factors.ts";
import {
  masked,
  overHttp,
  overNats,
  type Reply,
  type Transport,
  untilAnswered,
} from "../../support/clients/transports.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { newAddress, newEmail, newPassword, type signUp } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { describeIf } from "../../support/servers/index.ts";
import { NatsServer } from "../../support/servers/nats.ts";
import { CASES, type Case } from "./cases/index.ts";

const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

/** From an address that no other request has. */
const somewhere = () => ({ client: { ipAddress: newAddress(), userAgent: FIREFOX } });

describeIf("nats-server", "a request over NATS and over HTTP", (program) => {
  let server: NatsServer;
  let connection: NatsConnection;
  let app: TestApp;
  let http: Transport;
  let nats: Transport;
  beforeAll(async () => {
    server = await NatsServer.start(program);
    app = await startTestApp({ settings: { NATS_URL: server.url } });
    connection = await server.connect();
    await untilAnswered(connection);
    http = overHttp(app);
    nats = overNats(connection);
  });
  afterAll(async () => {
    await connection?.close();
    await app?.stop();
    await server?.stop();
  });

  /** Sends the request through this transport, with newly created users. A refusal must not have changed the user's account. */
  const ask = async (transport: Transport, subject: RequestSubject, { given, told, changes }: Case): Promise<Reply> => {
    const { person, ...question } = await given(app);
    const before = person && (await accountsOf(app, person));
    const answer = await transport.ask(subject, { ...somewhere(), ...question });
    expect(answer, transport.name).toMatchObject(told);
    expect(Object.keys(answer)).toEqual(Object.keys(told));
    if ("data" in told || changes) return answer;
    if (person) expect(await accountsOf(app, person), transport.name).toEqual(before);
    if (subject === "auth.register")
      expect(await registrationsOf((question.input as { email: string }).email)).toEqual([]);
    return answer;
  };

  const registrationsOf = (email: string) =>
    app.app.db.select({ id: registrations.id }).from(registrations).where(eq(registrations.email, email));

  describe.each(Object.entries(CASES) as [RequestSubject, readonly Case[]][])("%s", (subject, cases) => {
    it.each(cases)("has the same response to $title", async (each) => {
      const answer = await ask(http, subject, each);
      expect(masked(await ask(nats, subject, each))).toEqual(masked(answer));
    });
  });

  it("counts in the same rate limit: an address has ten registrations an hour over both transports", async () => {
    const visitor = somewhere();
    const register = (transport: Transport, email: string) =>
      transport.ask("auth.register", { ...visitor, input: { email, password: newPassword() } });
    for (let round = 0; round < 5; round++)
      for (const transport of [http, nats]) {
        const email = newEmail();
        expect(await register(transport, email)).toMatchObject({ data: { next: "VERIFY_EMAIL" } });
        expect(await registrationsOf(email)).toHaveLength(1);
      }
    const refused = newEmail();
    for (const transport of [http, nats])
      expect(await register(transport, refused), transport.name).toMatchObject({ error: { code: "RATE_LIMITED" } });
    expect(await registrationsOf(refused)).toEqual([]);
  });

  it("counts in the same rate limit: five guesses over both transports lock the account", async () => {
    const alice = await createUser(app);
    const guesser = somewhere();
    const guess = (transport: Transport, password: string) =>
      transport.ask("auth.login", { ...guesser, input: { identifier: alice.email, password } });
    for (const transport of [http, nats, http, nats, http])
      expect(await guess(transport, newPassword())).toMatchObject({ error: { code: "INVALID_CREDENTIALS" } });
    for (const transport of [nats, http])
      expect(await guess(transport, alice.password), transport.name).toMatchObject({
        error: { code: "RATE_LIMITED", reason: "ACCOUNT_LOCKED", retryAfter: expect.any(Number) },
      });
    expect(await sessionsOf(alice)).toHaveLength(1);
  });

  const sessionsOf = async ({ client }: Awaited<ReturnType<typeof signUp>>): Promise<object[]> =>
    (await client.ask("{ sessions { id ipAddress device { label } } }")).sessions;

  it("belongs to the same login, which may begin over NATS and be finished over HTTP", async () => {
    const alice = await createUser(app);
    const { authenticator } = await enableTotp(app, alice);
    waitForNewCode(app);
    const input = { identifier: alice.email, password: alice.password };
    const { data } = await nats.ask("auth.login", { ...somewhere(), input });
    expect(data).toMatchObject({ __typename: "SecondFactorRequired", factors: ["TOTP", "BACKUP_CODE"] });
    const code = authenticator.code(app.clock.now());
    const login = await finishLogin(app.client(), VERIFY_TOTP, { challenge: data.challenge, code });
    expect(login.tokens.refreshToken).toMatch(/^pcr_/);
  });

  it("has the client's address and device, not the gateway's", async () => {
    const alice = await createUser(app);
    const { client } = somewhere();
    const input = { identifier: alice.email, password: alice.password };
    const { data } = await nats.ask("auth.login", { client, input });
    expect(await sessionsOf(alice)).toContainEqual({
      id: data.session.id,
      ipAddress: client.ipAddress,
      device: { label: "Firefox on Windows" },
    });
  });

  it("ends sessions in both: a token is refused everywhere once one transport has ended its session", async () => {
    const alice = await createUser(app);
    const accessToken = alice.client.accessToken ?? "";
    const worth = (transport: Transport) =>
      transport.ask("auth.validate", { ...somewhere(), input: { token: accessToken } });
    expect(await worth(nats)).toMatchObject({ data: { valid: true, claims: { userId: alice.id } } });
    expect(await nats.ask("auth.logout", { ...somewhere(), accessToken })).toEqual({
      data: { endedSessionId: expect.any(String) },
    });
    for (const transport of [nats, http]) expect(await worth(transport)).toMatchObject({ data: { reason: "REVOKED" } });
    expect(await alice.client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("returns no cookies over NATS, and opens no session whose token the caller would not receive", async () => {
    const alice = await createUser(app);
    const before = await accountsOf(app, alice);
    const input = { identifier: alice.email, password: alice.password, transport: "COOKIE" };
    expect(await nats.ask("auth.login", { ...somewhere(), input })).toMatchObject({
      error: { code: "BAD_USER_INPUT", fields: [{ path: "input.transport" }] },
    });
    expect(await accountsOf(app, alice)).toEqual(before);
    const { data } = await nats.ask("auth.login", { ...somewhere(), input: { ...input, transport: "BODY" } });
    expect(data.tokens.refreshToken).toMatch(/^pcr_/);
  });
});
