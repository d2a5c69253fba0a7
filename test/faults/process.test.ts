import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import { afterAll, beforeAll, describe, test } from "vitest";
import { keptOfStorm, linkOpener } from "../support/factories/registration-storms.ts";
import { endedSessions } from "../support/factories/session-ends.ts";
import { LOGIN, logIn, newAddress, newEmail, newPassword, type Served, signUp } from "../support/factories/users.ts";
import { describeIf } from "../support/servers/index.ts";
import { createInstallation, type Installation, isReady, type ServerProcess } from "../support/servers/installation.ts";
import { RedisServer } from "../support/servers/redis.ts";

const ME = "{ me { id } }";
const REFRESH =
  "mutation ($token: String!) { refreshToken(input: { refreshToken: $token }) { tokens { refreshToken } } }";
const REGISTER = "mutation ($input: RegisterInput!) { register(input: $input) { next } }";
const CHANGE_PASSWORD =
  "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }";
const LOGOUT_ALL = "mutation { logoutAll { endedSessionIds } }";

/** Each test has its own installation, so that the tests wait at the same time; what it starts ends with it. */
const it = test.extend<{ installation: Installation; sql: postgres.Sql }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from it that the fixture needs no other one.
  installation: async ({}, use) => {
    const installation = await createInstallation();
    await use(installation);
    await installation.stop();
  },
  sql: async ({ installation }, use) => {
    const sql = postgres(installation.database.url, { max: 4, onnotice: () => undefined });
    await use(sql);
    await sql.end({ timeout: 1 });
  },
});

const served = ({ mail }: Installation, { client }: ServerProcess): Served => ({ client, mail });

/** The number of mails with such a subject that this address has received. */
const mailsTo = ({ mail }: Installation, email: string, subject: RegExp): number =>
  mail
    .all()
    .filter((got) => [got.to ?? []].flat().some(({ text }) => text.includes(email)) && subject.test(got.subject ?? ""))
    .length;

describe.concurrent("a process killed in the middle of a storm", () => {
  it("leaves each operation complete or undone, and the next process continues its jobs", async ({
    installation,
    sql,
    expect,
  }) => {
    const server = await installation.start();
    const people = await Promise.all(Array.from({ length: 3 }, () => signUp(served(installation, server))));
    const registered: string[] = [];
    const tried: string[] = [];
    const links = linkOpener(served(installation, server));
    let acknowledged = 0;
    let over = false;
    /** Repeats the action until the server no longer responds. */
    const untilTheEnd = async (act: () => Promise<void>): Promise<void> => {
      while (!over) await act().catch(() => delay(20));
    };
    const passwords = people.map(({ password }) => ({ sure: password, perhaps: password }));
    const storm = [
      ...people.map(({ client }, n) =>
        untilTheEnd(async () => {
          const known = passwords[n] ?? { sure: "", perhaps: "" };
          known.perhaps = newPassword();
          await client.ask(CHANGE_PASSWORD, {
            input: { currentPassword: known.sure, newPassword: known.perhaps, logout: "NONE" },
          });
          known.sure = known.perhaps;
          acknowledged += 1;
        }),
      ),
      ...people.map(({ email }) =>
        untilTheEnd(async () => {
          // With a wrong password, so that attempts, limits and events are written as well.
          const visitor = server.client({ "x-forwarded-for": newAddress() });
          await visitor.send(LOGIN, { input: { identifier: email, password: "not the password" } });
        }),
      ),
      untilTheEnd(async () => {
        const email = newEmail("storm");
        tried.push(email);
        const visitor = server.client({ "x-forwarded-for": newAddress() });
        await visitor.ask(REGISTER, { input: { email, password: newPassword() } });
        registered.push(email);
      }),
      untilTheEnd(() => links.openNext()),
    ];
    await expect.poll(() => Math.min(acknowledged, registered.length)).toBeGreaterThan(5);
    await expect.poll(() => links.acknowledged.length).toBeGreaterThan(1);
    await server.kill();
    over = true;
    await Promise.all(storm);

    const next = await installation.start();
    for (const [n, { id, email }] of people.entries()) {
      const { sure, perhaps } = passwords[n] ?? { sure: "", perhaps: "" };
      const answers = await Promise.all(
        [...new Set([sure, perhaps])].map((password) =>
          next.client({ "x-forwarded-for": newAddress() }).send(LOGIN, { input: { identifier: email, password } }),
        ),
      );
      // One password is correct, possibly followed by a mail, which so many failures require.
      expect(answers.filter(({ data }) => data?.login)).toHaveLength(1);
      // Each change has its event and its mail, or neither.
      const [counted] = await sql<{ events: number; mails: number }[]>`
        select (select count(*) from security_events where user_id = ${id} and type = 'PASSWORD_CHANGED')::int as events`;
      await expect
        .poll(() => mailsTo(installation, email, /password/i), { interval: 200 })
        .toBeGreaterThanOrEqual(counted?.events ?? 0);
    }
    const { users, waiting } = await keptOfStorm(sql);
    const rows = [...users, ...waiting];
    expect(rows.filter(({ whole }) => !whole)).toEqual([]);
    const proved = users.map(({ email }) => email);
    expect(proved).toEqual(expect.arrayContaining(links.acknowledged));
    expect(links.tried).toEqual(expect.arrayContaining(proved));
    const there = rows.map(({ email }) => email);
    expect(there).toEqual(expect.arrayContaining(registered));
    expect(tried).toEqual(expect.arrayContaining(there));
    for (const email of there) await installation.mail.waitForMail({ to: email });
  });

  it("hands the job that it was doing to the next process within seconds", async ({ installation, sql, expect }) => {
    const server = await installation.start();
    installation.mail.pause();
    const email = newEmail("halfway");
    const visitor = server.client({ "x-forwarded-for": newAddress() });
    await visitor.ask(REGISTER, { input: { email, password: newPassword() } });
    const taken = () =>
      sql`select from graphile_worker._private_jobs where locked_by is not null and payload ->> 'to' = ${email}`;
    await expect.poll(async () => (await taken()).length).toBeGreaterThan(0);
    await server.kill();
    installation.mail.resume();
    await installation.start();
    await installation.mail.waitForMail({ to: email });
  });
});

describeIf("redis-server", "a process killed right after the commit that ended a session", (program) => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start(program);
  });
  afterAll(() => redis?.stop());

  it("leaves no live session in the cache that other replicas read", async ({ installation, sql, expect }) => {
    const settings = { REDIS_URL: redis.url };
    const survivor = await installation.start(settings);
    {
      const victim = await installation.start(settings);
      const alice = await signUp(served(installation, survivor));
      const phone = survivor.client();
      await logIn(phone, alice.email, alice.password);
      for (const client of [alice.client, phone]) await client.ask(ME);
      const atVictim = victim.client();
      atVictim.accessToken = alice.client.accessToken;
      const answer = atVictim.send(LOGOUT_ALL).catch(() => null);
      const live = () => sql`select from sessions where user_id = ${alice.id} and ended_at is null`;
      while ((await live()).length > 0);
      await victim.kill();
      await answer;
      for (const { accessToken, refreshToken } of [alice.client, phone]) {
        const client = survivor.client();
        client.accessToken = accessToken;
        expect(await client.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
        expect(await client.refused(REFRESH, { token: refreshToken })).toMatchObject({ code: "INVALID_REFRESH_TOKEN" });
      }
    }
  });
});

describe("a deploy", () => {
  it("drops no request while replicas are replaced one after the other", async ({ installation, expect }) => {
    const settings = { STOP_DELAY_SECONDS: "1" };
    const replicas = await Promise.all([installation.start(settings), installation.start(settings)]);
    const { accessToken } = (await signUp(served(installation, replicas[0]))).client;

    /** A load balancer: polls /readyz, sends to ready replicas in turn, and retries nothing. */
    let ready: readonly ServerProcess[] = replicas;
    let over = false;
    const looks = (async () => {
      while (!over) {
        const states = await Promise.all(replicas.map(({ url }) => isReady(url)));
        ready = replicas.filter((_, n) => states[n]);
        await delay(100);
      }
    })();
    let sent = 0;
    const failures: unknown[] = [];
    // The first caller makes no pause, the others longer and longer ones, so that their connections are idle at the end.
    const callers = Array.from({ length: 8 }, async (_, n) => {
      while (!over) {
        const server = ready[sent++ % ready.length] as ServerProcess;
        const client = server.client();
        client.accessToken = accessToken;
        await client.ask(ME).catch((error: unknown) => failures.push(error));
        await delay(10 * n);
      }
    });

    for (const old of [...replicas]) {
      const before = sent;
      await expect.poll(() => sent).toBeGreaterThan(before + 50);
      replicas.push(await installation.start(settings));
      old.signal("SIGTERM");
      expect(await old.exit).toBe(0);
    }
    over = true;
    await Promise.all([looks, ...callers]);
    expect(failures).toEqual([]);
    expect(sent).toBeGreaterThan(100);
  });
});

describe.concurrent("a process that is stopped", () => {
  it.for(["SIGTERM", "SIGINT"] as const)(
    "(%s, twice as from npm) completes the requests in progress, and exits with 0",
    async (signal, { installation, sql, expect }) => {
      const server = await installation.start();
      const alice = await signUp(served(installation, server));
      // An unused open connection does not delay it; a locked row delays the request.
      const lock = await holdRow(sql, alice.id);
      const begun = alice.client.ask(CHANGE_PASSWORD, {
        input: { currentPassword: alice.password, newPassword: newPassword(), logout: "NONE" },
      });
      const waiting = () => sql`select from pg_stat_activity where ${lock.pid} = any (pg_blocking_pids(pid))`;
      await expect.poll(async () => (await waiting()).length).toBeGreaterThan(0);
      server.signal(signal);
      server.signal(signal);
      await expect.poll(() => isReady(server.url)).toBe(false);
      await lock.release();
      expect(await begun).toEqual({ changePassword: { endedSessions: endedSessions(0) } });
      // A process that does not end in time exits with 1.
      expect(await server.exit).toBe(0);
    },
  );

  it("exits immediately if an impatient operator signals again", async ({ installation, expect }) => {
    const server = await installation.start({ STOP_DELAY_SECONDS: "15" });
    server.signal("SIGINT");
    await expect.poll(() => isReady(server.url)).toBe(false);
    // Signals within a second of the first one count as the same signal.
    const impatient = setInterval(() => server.signal("SIGINT"), 200);
    expect(await server.exit.finally(() => clearInterval(impatient))).toBe(1);
    expect(server.logs.join("\n")).not.toContain('"stopped"');
  });
});

/** Locks the user's row. @returns the pid that holds it, and a function that releases it, once it is locked */
const holdRow = async (sql: postgres.Sql, userId: string) => {
  const holder = await sql.reserve();
  await holder`begin`;
  await holder`select from users where id = ${userId} for update`;
  const [backend] = await holder<{ pid: number }[]>`select pg_backend_pid() as pid`;
  return {
    pid: backend?.pid ?? 0,
    async release() {
      await holder`commit`;
      holder.release();
    },
  };
};
