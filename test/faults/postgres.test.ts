import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { GraphQLAnswer, UntypedData } from "../support/clients/graphql.ts";
import { keptOfStorm, linkOpener } from "../support/factories/registration-storms.ts";
import {
  LOGIN,
  logIn,
  newEmail,
  newPassword,
  register,
  type SignedInUser,
  signUp,
  tokenIn,
  VERIFY,
} from "../support/factories/users.ts";
import { createInstallation, type Installation, isReady, type ServerProcess } from "../support/servers/installation.ts";
import { PostgresServer } from "../support/servers/postgres-server.ts";
import { readersOf } from "../support/servers/smtp.ts";
import { startTcpProxy, type TcpProxy } from "../support/servers/tcp-proxy.ts";

const ME = "{ me { id } }";
const REFRESH =
  "mutation ($token: String!) { refreshToken(input: { refreshToken: $token }) { tokens { refreshToken } } }";
const VALIDATE = "mutation ($token: String!) { validateToken(input: { token: $token }) { valid } }";
const REGISTER = "mutation ($input: RegisterInput!) { register(input: $input) { next } }";
const CHANGE_PASSWORD =
  "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }";

/** A server and its Postgres, a connection between them that can be cut, and direct access to the database. */
interface Fixtures {
  readonly database: PostgresServer;
  readonly proxy: TcpProxy;
  readonly installation: Installation;
  readonly server: ServerProcess;
  readonly served: { client: ServerProcess["client"]; mail: Installation["mail"] };
  readonly sql: postgres.Sql;
}

let fixtures: Fixtures;
beforeAll(async () => {
  const database = await PostgresServer.start();
  const proxy = await startTcpProxy(Number(new URL(database.url).port));
  const through = new URL(database.url);
  through.port = `${proxy.port}`;
  const installation = await createInstallation({ DATABASE_URL: through.href });
  const server = await installation.start();
  const served = { client: server.client, mail: installation.mail };
  const sql = postgres(database.url, { max: 2, onnotice: () => undefined });
  fixtures = { database, proxy, installation, server, served, sql };
});
afterAll(async () => {
  await fixtures?.installation.stop();
  await fixtures?.sql.end({ timeout: 1 });
  await fixtures?.proxy.stop();
  await fixtures?.database.stop();
});

const readiness = async (): Promise<UntypedData> => {
  const response = await fetch(`${fixtures.server.url}/readyz`);
  return { ...((await response.json()) as object), status: response.status };
};
const recovers = () => expect.poll(() => isReady(fixtures.server.url), { interval: 50 }).toBe(true);

// Whatever state the previous test left.
beforeEach(async () => {
  await fixtures.database.start();
  await recovers();
});

/** Sends a request, and expects that the service is unavailable, never that the user is not signed in. */
const expectAway = async (sent: () => Promise<GraphQLAnswer<UntypedData>>): Promise<void> => {
  const { status, headers, errors } = await sent();
  expect(status).toBe(503);
  expect(headers.get("retry-after")).toBe("1");
  expect(errors.map(({ extensions }) => extensions)).toEqual([
    { code: "SERVICE_UNAVAILABLE", status: 503, retryAfter: 1 },
  ]);
};

const expectEverythingAway = async ({ client, email, password }: SignedInUser): Promise<void> => {
  const { server } = fixtures;
  await expectAway(() => client.send(ME));
  await expectAway(() => client.send("{ sessions { id } }"));
  await expectAway(() => client.send("mutation { logout { endedSessionId } }"));
  await expectAway(() => server.client().send(VALIDATE, { token: client.accessToken }));
  await expectAway(() => server.client().send(REFRESH, { token: client.refreshToken }));
  await expectAway(() => server.client().send(LOGIN, { input: { identifier: email, password } }));
  await expectAway(() => server.client().send(REGISTER, { input: { email: newEmail(), password } }));
  await expectAway(() =>
    server.client().send('mutation { requestPasswordReset(input: { email: "a@example.com" }) { accepted } }'),
  );
};

describe("Postgres killed, and back", () => {
  it("is answered with 503 immediately for all callers, and as usual as soon as it is over", async () => {
    const alice = await signUp(fixtures.served);
    await fixtures.database.kill();
    await expectEverythingAway(alice);
    // A crowd is refused as fast as one caller.
    await Promise.all(Array.from({ length: 60 }, () => expectAway(() => alice.client.send(ME))));
    expect(await readiness()).toMatchObject({ status: 503, postgres: "down" });
    expect((await fetch(`${fixtures.server.url}/livez`)).status).toBe(200);

    await fixtures.database.start();
    await recovers();
    await alice.client.ask(ME);
    const { refreshToken } = await alice.client.ask(REFRESH, { token: alice.client.refreshToken });
    expect(refreshToken.tokens.refreshToken).toMatch(/^pcr_/);
    // Jobs too: the mail arrives after a notification or the next poll.
    await register(fixtures.served, { email: newEmail("late"), password: newPassword() });
  });

  it("loses nothing that was acknowledged, and leaves no partial change", async () => {
    const acknowledged: string[] = [];
    const tried: string[] = [];
    let over = false;
    const visitors = Array.from({ length: 4 }, async () => {
      while (!over) {
        const email = newEmail("storm");
        tried.push(email);
        const client = fixtures.server.client({ "x-forwarded-for": `2001:db8:${tried.length.toString(16)}::1` });
        const { data } = await client.send(REGISTER, { input: { email, password: newPassword() } });
        if (data) acknowledged.push(email);
        else await delay(20);
      }
    });
    const links = linkOpener(fixtures.served);
    const reader = (async () => {
      while (!over) await links.openNext();
    })();
    const done = () => [acknowledged.length, links.acknowledged.length] as const;
    const haveCome = async (registered: number, verified: number): Promise<void> => {
      await expect.poll(() => done()[0]).toBeGreaterThan(registered);
      await expect.poll(() => done()[1]).toBeGreaterThan(verified);
    };
    await haveCome(10, 2);
    await fixtures.database.kill();
    await fixtures.database.start();
    await recovers();
    const [registered, verified] = done();
    await haveCome(registered + 5, verified + 1);
    over = true;
    await Promise.all([...visitors, reader]);

    const { users, waiting } = await keptOfStorm(fixtures.sql);
    const rows = [...users, ...waiting];
    expect(rows.filter(({ whole }) => !whole)).toEqual([]);
    const proved = users.map(({ email }) => email);
    expect(proved).toEqual(expect.arrayContaining(links.acknowledged));
    expect(links.tried).toEqual(expect.arrayContaining(proved));
    const there = new Set(rows.map(({ email }) => email));
    expect(acknowledged.filter((email) => !there.has(email))).toEqual([]);
    // A client with a response also gets the mail.
    for (const email of acknowledged) await fixtures.installation.mail.waitForMail({ to: email });
  });

  it("in the middle of a job leaves the process alive, and the job is done later", async () => {
    const { installation, database, server, served } = fixtures;
    // Mails of earlier tests would keep all workers busy while none can be sent.
    const jobs = () =>
      fixtures.sql`select from graphile_worker._private_jobs where payload ->> 'to' is not null and run_at <= now()`;
    await expect.poll(async () => (await jobs()).length).toBe(0);
    installation.mail.pause();
    const email = newEmail("halfway");
    await server
      .client({ "x-forwarded-for": "2001:db8:ffff::1" })
      .ask(REGISTER, { input: { email, password: newPassword() } });
    const takenJobs = () =>
      fixtures.sql`select from graphile_worker._private_jobs where locked_by is not null and payload ->> 'to' = ${email}`;
    await expect.poll(async () => (await takenJobs()).length).toBe(1);
    // The job has read all that it needs, and waits for the mail server.
    await expect.poll(() => installation.mail.waiting()).toBe(1);
    await database.kill();
    installation.mail.resume();
    // The result of the job cannot be stored now.
    await expect.poll(() => installation.mail.all().some((mail) => readersOf(mail).includes(email))).toBe(true);
    await database.start();
    await recovers();
    await installation.mail.waitForMail({ to: email });
    await signUp(served);
    expect(server.logs.join("\n")).not.toMatch(/unhandled/i);
  });
});

describe("a connection lost as a job is taken", () => {
  it("leaves no job that its worker has not received", async () => {
    const { server, proxy, served } = fixtures;
    const email = newEmail("unheard");
    const lost = proxy.loseAnswer(email, "get_job/");
    const visitor = server.client({ "x-forwarded-for": "2001:db8:bbbb::1" });
    await visitor.ask(REGISTER, { input: { email, password: newPassword() } });
    await served.mail.waitForMail({ to: email });
    expect(lost.happened).toBe(true);
  });
});

describe("a connection lost during the commit", () => {
  it("and a retry create one user for a registration, not two", async () => {
    const { server, proxy, sql, served } = fixtures;
    const email = newEmail("twice");
    const visitor = server.client({ "x-forwarded-for": "2001:db8:aaaa::1" });
    const input = { email, password: newPassword() };
    const lost = proxy.loseAnswer("COMMIT", email);
    await expectAway(() => visitor.send(REGISTER, { input }));
    expect(lost.happened).toBe(true);
    // The registration was committed, although the client got no response.
    expect(await sql`select id from registrations where email = ${email}`).toHaveLength(1);
    const first = tokenIn(await served.mail.waitForMail({ to: email }));
    await visitor.ask(REGISTER, { input });
    const second = tokenIn(await served.mail.waitForMail({ to: email }));
    await visitor.ask(VERIFY, { input: { token: first, password: input.password } });
    const again = { token: second, password: newPassword() };
    expect(await visitor.refused(VERIFY, { input: again })).toMatchObject({ code: "INVALID_TOKEN" });
    await logIn(server.client(), email, input.password);
    expect(await sql`select id from users where email = ${email}`).toHaveLength(1);
    expect(
      await sql`select e.id from security_events e join users u on u.id = e.user_id
        where u.email = ${email} and type = 'USER_REGISTERED'`,
    ).toHaveLength(1);
  });

  it("and a retry change a password once", async () => {
    const { server, proxy, sql, served } = fixtures;
    const alice = await signUp(served);
    const newOne = newPassword();
    const input = { currentPassword: alice.password, newPassword: newOne, logout: "OTHERS" };
    const lost = proxy.loseAnswer("COMMIT", "PASSWORD_CHANGED");
    await expectAway(() => alice.client.send(CHANGE_PASSWORD, { input }));
    expect(lost.happened).toBe(true);
    expect(await alice.client.refused(CHANGE_PASSWORD, { input })).toMatchObject({ reason: "INCORRECT_PASSWORD" });
    await logIn(server.client(), alice.email, newOne);
    expect(
      await sql`select id from security_events where user_id = ${alice.id} and type = 'PASSWORD_CHANGED'`,
    ).toHaveLength(1);
  });

  it("or before it, changes nothing", async () => {
    const { server, sql, served } = fixtures;
    const alice = await signUp(served);
    const newOne = newPassword();
    const input = { currentPassword: alice.password, newPassword: newOne, logout: "ALL" };
    // The row is locked, so that the change waits in the middle of its transaction.
    await sql.begin(async (tx) => {
      await tx`select from users where id = ${alice.id} for update`;
      const changing = alice.client.send(CHANGE_PASSWORD, { input });
      await expect
        .poll(
          async () =>
            (
              await sql`select pg_terminate_backend(pid) from pg_stat_activity
                where wait_event_type = 'Lock' and application_name = 'portcullis'`
            ).length,
        )
        .toBe(1);
      await expectAway(() => changing);
    });
    await alice.client.ask(ME);
    await logIn(server.client(), alice.email, alice.password);
    expect(await sql`select id from security_events where user_id = ${alice.id} and type = 'PASSWORD_CHANGED'`).toEqual(
      [],
    );
    await alice.client.ask(CHANGE_PASSWORD, { input });
  });
});
