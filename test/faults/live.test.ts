import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  connect,
  eventually,
  followEvents,
  type LiveClient,
  SECURITY_EVENTS,
  typesOf,
} from "../support/clients/live.ts";
import { endingScene } from "../support/factories/session-ends.ts";
import { createMember, createTenant } from "../support/factories/tenants.ts";
import { logIn, type SignedInUser, signUp } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { describeIf } from "../support/servers/index.ts";
import { createInstallation, type Installation, type ServerProcess } from "../support/servers/installation.ts";
import { PostgresServer } from "../support/servers/postgres-server.ts";
import { RedisServer } from "../support/servers/redis.ts";
import { startTcpProxy, type TcpProxy } from "../support/servers/tcp-proxy.ts";

const opened: LiveClient[] = [];
const open = async (...args: Parameters<typeof connect>): Promise<LiveClient> => {
  const live = await connect(...args);
  opened.push(live);
  return live;
};
afterEach(async () => {
  await Promise.all(opened.splice(0).map((live) => live.stop()));
});

const rename = ({ client, password }: SignedInUser) =>
  client.ask("mutation ($input: ChangeUsernameInput!) { changeUsername(input: $input) { user { id } } }", {
    input: { username: `u${Math.random().toString(36).slice(2, 12)}`, password },
  });

const LOGOUT = "mutation { logout { endedSessionId } }";

describeIf("redis-server", "sockets on two replicas, while Redis", (program) => {
  let redis: RedisServer;
  let app: TestApp;
  let replica: TestApp;
  beforeAll(async () => {
    redis = await RedisServer.start(program);
    app = await startTestApp({ settings: { REDIS_URL: redis.url } });
    replica = await startTestApp({ settings: { REDIS_URL: redis.url }, replicaOf: app });
  });
  afterAll(async () => {
    await replica?.stop();
    await app?.stop();
    await redis?.stop();
  });

  /** Resolves when one replica receives the messages of the other again. */
  const isThere = async (): Promise<void> => {
    const alice = await createMember(app, await createTenant(app));
    const live = await open(replica, alice);
    const followed = await followEvents(replica, live);
    await eventually(async () => {
      const before = performance.now();
      await logIn(app.client(), alice.email, alice.password);
      await delay(200);
      return followed.results.some(({ at }) => at > before && at < before + 1_000);
    }, "Redis");
  };

  const faults = {
    "is killed": { begin: () => redis.kill(), end: () => redis.start() },
    "is paused": { begin: async () => redis.pause(), end: async () => redis.resume() },
  };

  it.each(Object.entries(faults))(
    "%s: a session that ends during that time closes its sockets, and the other sockets miss no event",
    async (_, { begin, end }) => {
      await isThere();
      const scene = await endingScene(app);
      const [ended, staying] = [await open(replica, scene.user), await open(replica, { client: scene.other })];
      const followed = await followEvents(replica, staying);
      try {
        await begin();
        await scene.user.client.ask(LOGOUT);
        // Found by the check every three seconds.
        expect((await ended.wait()).code).toBe(4401);
        await eventually(() => typesOf(followed).includes("SESSION_ENDED"), "the event");
        expect(staying.closed).toBeNull();
      } finally {
        await end();
      }
      await isThere();
      expect(typesOf(followed).filter((type) => type === "SESSION_ENDED")).toHaveLength(1);
      expect(staying.closed).toBeNull();
    },
  );

  it("is flushed: nothing is lost, because nothing is stored there", async () => {
    const scene = await endingScene(app);
    const live = await open(replica, scene.user);
    await followEvents(replica, live);
    await redis.flush();
    await scene.other.ask("mutation { logoutAll { endedSessionIds } }");
    expect(await live.wait()).toMatchObject({ code: 4401 });
  });
});

describe("sockets of a process", () => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await createInstallation();
  });
  afterAll(() => installation.stop());

  it("close although the replica that ended the session was killed before it could publish that", async () => {
    // Without Redis, replicas receive no messages from each other, as if each were killed right after its commit.
    const [server, other] = [await installation.start(), await installation.start()];
    const alice = await signUp({ client: server.client, mail: installation.mail });
    const live = await open(other, alice);
    live.subscribe(SECURITY_EVENTS);
    await alice.client.ask(LOGOUT);
    await server.kill();
    expect(await live.wait()).toMatchObject({ code: 4401 });
  });

  it("are closed with a reconnect code on SIGTERM, and do not delay the exit", async () => {
    const server = await installation.start();
    const alice = await signUp({ client: server.client, mail: installation.mail });
    const lives = await Promise.all([open(server, alice), open(server, null)]);
    lives[0]?.subscribe(SECURITY_EVENTS);
    server.signal("SIGTERM");
    for (const live of lives) expect(await live.wait()).toMatchObject({ code: 1012 });
    expect(await server.exit).toBe(0);
  });
});

describe("while Postgres is unavailable", () => {
  let database: PostgresServer;
  let proxy: TcpProxy;
  let installation: Installation;
  let server: ServerProcess;
  let alice: SignedInUser;
  beforeAll(async () => {
    database = await PostgresServer.start();
    proxy = await startTcpProxy(Number(new URL(database.url).port));
    const through = new URL(database.url);
    through.port = `${proxy.port}`;
    installation = await createInstallation({ DATABASE_URL: through.href });
    server = await installation.start();
    alice = await signUp({ client: server.client, mail: installation.mail });
  });
  afterAll(async () => {
    await installation?.stop();
    await proxy?.stop();
    await database?.stop();
  });

  it("a socket stays open and no user is logged out; afterwards it receives events again", async () => {
    const live = await open(server, alice);
    const followed = live.subscribe(SECURITY_EVENTS);
    await rename(alice);
    await eventually(() => followed.results.length === 1, "an event");
    const before = followed.results.length;

    await database.kill();
    // Long enough for each periodic check to have failed once.
    await expect
      .poll(() => server.logs.some((line) => line.includes("failed to look up the sessions of sockets")))
      .toBe(true);
    expect(live.closed).toBeNull();
    expect(followed.results).toHaveLength(before);
    // A client that connects during that time is asked to retry, and is not logged out.
    expect(await (await open(server, alice)).wait()).toMatchObject({ code: 1013 });

    await database.start();
    await eventually(async () => {
      const { errors } = await alice.client.send("{ me { id } }");
      return errors.length === 0;
    }, "the recovery");
    await rename(alice);
    await eventually(() => followed.results.length > before, "an event after it");
    await alice.client.ask(LOGOUT);
    expect(await live.wait()).toMatchObject({ code: 4401 });
  });
});
