import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { Tenant } from "#features/tenants/index";
import type { GraphQLClient } from "../support/clients/graphql.ts";
import { createMember, createTenant } from "../support/factories/tenants.ts";
import { LOGIN, logIn, type SignedInUser } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { describeIf } from "../support/servers/index.ts";
import { findFreePort } from "../support/servers/ports.ts";
import { RedisServer } from "../support/servers/redis.ts";
import { startTcpProxy } from "../support/servers/tcp-proxy.ts";

const ME = "{ me { id } }";
const REFRESH =
  "mutation ($token: String!) { refreshToken(input: { refreshToken: $token }) { tokens { refreshToken } } }";
const DELETE = "mutation ($id: ID!) { deleteSession(input: { sessionId: $id }) { session { endReason } } }";

interface TwoDevices {
  readonly alice: SignedInUser;
  readonly phone: GraphQLClient;
  readonly phoneSession: string;
}

/** The same session, used through another replica. */
const seenFrom = (app: TestApp, { accessToken }: GraphQLClient): GraphQLClient => {
  const client = app.client();
  client.accessToken = accessToken;
  return client;
};

const cacheHits = async ({ url }: TestApp): Promise<number> => {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^portcullis_session_lookups_total\{source="cache"\} (\d+)/m.exec(metrics)?.[1] ?? 0);
};

describeIf("redis-server", "while Redis is unavailable", (program) => {
  let redis: RedisServer;
  let app: TestApp;
  let replica: TestApp;
  let company: Tenant;
  beforeAll(async () => {
    redis = await RedisServer.start(program);
    app = await startTestApp({ settings: { REDIS_URL: redis.url } });
    replica = await startTestApp({ settings: { REDIS_URL: redis.url }, replicaOf: app });
    company = await createTenant(app);
  });
  afterAll(async () => {
    await replica?.stop();
    await app?.stop();
    await redis?.stop();
  });
  beforeEach(() => usesTheCache(app, replica));

  /** Waits until these apps answer lookups from Redis. */
  const usesTheCache = async (...apps: readonly TestApp[]): Promise<void> => {
    const { client } = await createMember(app, company);
    for (const each of apps) {
      const viewer = seenFrom(each, client);
      await expect
        .poll(
          async () => {
            const before = await cacheHits(each);
            await viewer.ask(ME);
            await viewer.ask(ME);
            return (await cacheHits(each)) > before;
          },
          { interval: 100 },
        )
        .toBe(true);
    }
  };

  /** A user with two devices, both in the cache of both replicas. */
  const atTwoDevices = async (): Promise<TwoDevices> => {
    // Not through the API, because after a verification the user is read from Postgres for a while.
    const alice = await createMember(app, company);
    const phone = app.client();
    const { session } = await logIn(phone, alice.email, alice.password);
    for (const each of [app, replica]) for (const client of [alice.client, phone]) await seenFrom(each, client).ask(ME);
    expect(await cachedSessionsOf(alice)).toEqual([alice.sessionId, session.id].sort());
    return { alice, phone, phoneSession: session.id };
  };

  const cachedSessionsOf = async ({ id }: SignedInUser): Promise<string[]> => {
    const client = new Redis(redis.url);
    const keys = await client.keys(`portcullis:*{${id}}`);
    const fields = await Promise.all(keys.map((key) => client.hkeys(key)));
    client.disconnect();
    return [...new Set(fields.flat())].sort();
  };

  const isRefusedEverywhere = async (client: GraphQLClient): Promise<void> => {
    for (const each of [app, replica])
      expect(await seenFrom(each, client).refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await replica.client().refused(REFRESH, { token: client.refreshToken })).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
    });
  };

  /** Users' actions work from the first request, and Redis is back only afterwards. */
  const lifeGoesOn = async ({ alice, phone, phoneSession }: TwoDevices): Promise<void> => {
    for (const each of [app, replica]) await seenFrom(each, alice.client).ask(ME);
    const { refreshToken } = await alice.client.ask(REFRESH, { token: alice.client.refreshToken });
    expect(refreshToken.tokens.refreshToken).toMatch(/^pcr_/);
    await logIn(app.client(), alice.email, alice.password);
    await alice.client.ask(DELETE, { id: phoneSession });
    await isRefusedEverywhere(phone);
    await alice.client.ask("mutation { logout { endedSessionId } }");
    await isRefusedEverywhere(alice.client);
  };
  const faults = {
    killed: {
      begin: () => redis.kill(),
      end: () => redis.start(),
    },
    paused: {
      begin: async () => redis.pause(),
      end: async () => redis.resume(),
    },
    flushed: {
      begin: () => redis.flush(),
      end: async () => {},
    },
    "brought back with old data": {
      begin: async () => {
        await redis.save();
        await redis.kill();
      },
      end: () => redis.start(),
    },
  };
  it.each(Object.entries(faults))(
    "(%s) everything works, and an ended session stays ended",
    async (_, { begin, end }) => {
      const devices = await atTwoDevices();
      const { alice, phone } = devices;
      await begin();
      try {
        await lifeGoesOn(devices);
      } finally {
        await end();
      }
      // From the first moment, and after Redis is trusted again.
      await isRefusedEverywhere(phone);
      await usesTheCache(app, replica);
      await isRefusedEverywhere(phone);
      await isRefusedEverywhere(alice.client);
    },
  );

  it("guesses are still counted: the limits admit no more", async () => {
    const { email, password } = await createMember(app, company);
    const guess = (each: TestApp) =>
      each.client().refused(LOGIN, { input: { identifier: email, password: "not the password" } });
    for (let n = 0; n < 3; n++) await guess(app);
    await redis.flush();
    await redis.kill();
    for (let n = 0; n < 2; n++) await guess(replica);
    const locked = { code: "RATE_LIMITED", reason: "ACCOUNT_LOCKED" };
    const right = { input: { identifier: email, password } };
    for (const each of [app, replica]) expect(await each.client().refused(LOGIN, right)).toMatchObject(locked);
    await redis.start();
    for (const each of [app, replica]) expect(await each.client().refused(LOGIN, right)).toMatchObject(locked);
  });

  it("a session ended by a replica that is cut off from it is ended for replicas that still reach it", async () => {
    const proxy = await startTcpProxy(Number(new URL(redis.url).port));
    const settings = { REDIS_URL: `redis://127.0.0.1:${proxy.port}` };
    const cutOff = await startTestApp({ settings, replicaOf: app });
    try {
      await usesTheCache(cutOff);
      for (let round = 0; round < 5; round++) {
        const { alice, phone, phoneSession } = await atTwoDevices();
        proxy.disable();
        await seenFrom(cutOff, alice.client).ask(DELETE, { id: phoneSession });
        await isRefusedEverywhere(phone);
        await seenFrom(app, alice.client).ask(ME);
        proxy.enable();
      }
      await usesTheCache(cutOff, app, replica);
    } finally {
      await cutOff.stop();
      await proxy.stop();
    }
  });

  it("replicas that reconnect at the same moment agree on what to trust", async () => {
    for (let round = 0; round < 5; round++) {
      await redis.kill();
      await redis.start();
      await usesTheCache(app, replica);
      const { alice, phone, phoneSession } = await atTwoDevices();
      await seenFrom(replica, alice.client).ask(DELETE, { id: phoneSession });
      await isRefusedEverywhere(phone);
    }
  });

  it("a flush during the end of a session does not restore the session", async () => {
    for (let round = 0; round < 10; round++) {
      const { alice, phone, phoneSession } = await atTwoDevices();
      const ending = alice.client.ask(DELETE, { id: phoneSession });
      let ended = false;
      void ending.finally(() => {
        ended = true;
      });
      while (!ended)
        await Promise.all([redis.flush(), ...[app, replica].map((each) => seenFrom(each, phone).send(ME))]);
      await ending;
      await isRefusedEverywhere(phone);
    }
  });

  it("a server starts, and serves, without it", async () => {
    const settings = { REDIS_URL: `redis://127.0.0.1:${await findFreePort()}` };
    const lonely = await startTestApp({ settings, replicaOf: app });
    const { client } = await createMember(lonely, company);
    await client.ask(ME);
    await client.ask("mutation { logout { endedSessionId } }");
    expect(await client.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await (await fetch(`${lonely.url}/readyz`)).json()).toMatchObject({ status: "ready", redis: "down" });
    await lonely.stop();
  });
});
