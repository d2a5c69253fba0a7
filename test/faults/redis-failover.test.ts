import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { Tenant } from "#features/tenants/index";
import type { GraphQLClient } from "../support/clients/graphql.ts";
import { createMember, createTenant } from "../support/factories/tenants.ts";
import { logIn } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { describeIf } from "../support/servers/index.ts";
import { RedisServer } from "../support/servers/redis.ts";
import {
  type RedisCluster,
  type SentinelGroup,
  startRedisCluster,
  startSentinelGroup,
} from "../support/servers/redis-groups.ts";
import { WAIT } from "../support/timeouts.ts";

const ME = "{ me { id } }";
const DELETE = "mutation ($id: ID!) { deleteSession(input: { sessionId: $id }) { session { endReason } } }";

const seenFrom = (app: TestApp, { accessToken }: GraphQLClient): GraphQLClient => {
  const client = app.client();
  client.accessToken = accessToken;
  return client;
};

const healthOf = async ({ url }: TestApp): Promise<string> => {
  const { redis } = (await (await fetch(`${url}/readyz`)).json()) as { redis: string };
  return redis;
};

const roleOf = async (server: RedisServer): Promise<unknown> => ((await server.command("ROLE")) as unknown[])[0];

/** Waits until these replicas trust Redis, or no longer trust it. */
const become = async (health: "up" | "down", ...apps: readonly TestApp[]): Promise<void> => {
  for (const app of apps) await expect.poll(() => healthOf(app), WAIT).toBe(health);
};

/** Counts the epochs that start from now on. */
const followEpochs = async ({ database }: TestApp) => {
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  const begun: string[] = [];
  await sql.listen("portcullis_cache_epoch", (epoch) => void begun.push(epoch));
  return { begun, stop: () => sql.end() };
};

/** A user with two devices, both in the cache that these replicas read. */
const atTwoDevices = async (company: Tenant, app: TestApp, ...replicas: readonly TestApp[]) => {
  const alice = await createMember(app, company);
  const phone = app.client();
  const { session } = await logIn(phone, alice.email, alice.password);
  for (const each of [app, ...replicas])
    for (const client of [alice.client, phone]) await seenFrom(each, client).ask(ME);
  return { alice, phone, phoneSession: session.id as string };
};

const isRefused = async (client: GraphQLClient, ...apps: readonly TestApp[]): Promise<void> => {
  for (const app of apps) expect(await seenFrom(app, client).refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
};

describeIf(
  "redis-server",
  "a split brain: Sentinel has promoted the replica, and the demoted master is back",
  (program) => {
    let group: SentinelGroup;
    /** Connected through Sentinel. */
    let app: TestApp;
    /** Still connected to the demoted master, as after a network partition. */
    let stranded: TestApp;
    let company: Tenant;
    beforeAll(async () => {
      group = await startSentinelGroup(program);
      app = await startTestApp({ settings: { REDIS_URL: group.url } });
      stranded = await startTestApp({ settings: { REDIS_URL: group.master.url }, replicaOf: app });
      company = await createTenant(app);
    });
    afterAll(async () => {
      await stranded?.stop();
      await app?.stop();
      await group?.stop();
    });

    it("is followed by the replicas connected through Sentinel, and no replica ever accepts an ended session", async () => {
      await become("up", app, stranded);
      const { alice, phone, phoneSession } = await atTwoDevices(company, app, stranded);
      const epochs = await followEpochs(app);
      group.master.pause();
      await expect.poll(() => roleOf(group.replica), WAIT).toBe("master");
      // Before that, the replica may still be up with the old master.
      await expect.poll(() => epochs.begun.length, WAIT).toBeGreaterThan(0);
      await epochs.stop();
      await become("up", app);
      // From now on, no process informs the old master that it was demoted.
      await group.endSentinel();
      group.master.resume();
      await seenFrom(app, alice.client).ask(DELETE, { id: phoneSession });
      for (let n = 0; n < 100; n++) {
        await isRefused(phone, stranded, app);
        await delay(20);
      }
      expect(await roleOf(group.master)).toBe("master");
      expect(await healthOf(stranded)).toBe("down");
      await become("up", app);
      await seenFrom(stranded, alice.client).ask(ME);
    });
  },
);

describeIf("redis-server", "a Redis that does not respond for a while", (program) => {
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
  beforeEach(() => become("up", app, replica));

  it("starts no epoch, and a session that ends during that time is ended everywhere, then and afterwards", async () => {
    const epochs = await followEpochs(app);
    const { alice, phone, phoneSession } = await atTwoDevices(company, app, replica);
    redis.pause();
    await seenFrom(app, alice.client).ask(DELETE, { id: phoneSession });
    await isRefused(phone, app, replica);
    await become("down", app, replica);
    redis.resume();
    for (let n = 0; n < 20; n++) await isRefused(phone, app, replica);
    await become("up", app, replica);
    await isRefused(phone, app, replica);
    await seenFrom(replica, alice.client).ask(ME);
    expect(epochs.begun).toEqual([]);
    await epochs.stop();
  });

  it("and is then restarted starts one epoch for all replicas that reconnect", async () => {
    const { phone, phoneSession, alice } = await atTwoDevices(company, app, replica);
    const epochs = await followEpochs(app);
    await redis.save();
    await redis.kill();
    await seenFrom(app, alice.client).ask(DELETE, { id: phoneSession });
    await redis.start();
    await become("up", app, replica);
    await isRefused(phone, app, replica);
    expect(epochs.begun).toHaveLength(1);
    await epochs.stop();
  });
});

describeIf("redis-server", "a cluster with one hanging node", (program) => {
  let cluster: RedisCluster;
  let app: TestApp;
  let replica: TestApp;
  let company: Tenant;
  beforeAll(async () => {
    cluster = await startRedisCluster(program);
    app = await startTestApp({ settings: { REDIS_URL: cluster.url } });
    replica = await startTestApp({ settings: { REDIS_URL: cluster.url }, replicaOf: app });
    company = await createTenant(app);
  });
  afterAll(async () => {
    await replica?.stop();
    await app?.stop();
    await cluster?.stop();
  });

  it("starts no epoch, however many calls time out on it, and restores no ended session", async () => {
    await become("up", app, replica);
    const people = [];
    for (let n = 0; n < 6; n++) people.push(await atTwoDevices(company, app, replica));
    const epochs = await followEpochs(app);
    const [node] = cluster.nodes as [RedisServer];
    node.pause();
    for (const { alice, phone, phoneSession } of people) {
      await seenFrom(app, alice.client).ask(DELETE, { id: phoneSession });
      await isRefused(phone, app, replica);
      await seenFrom(replica, alice.client).ask(ME);
    }
    node.resume();
    await become("up", app, replica);
    for (const { phone } of people) await isRefused(phone, app, replica);
    expect(epochs.begun).toEqual([]);
    await epochs.stop();
  });
});
