import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EVENT_TYPES, schemaFileOf } from "#features/messaging/index";
import type { SessionId, TenantId, UserId } from "#shared/ids";
import { startCountingProxy } from "../../bench/round-trips.ts";
import {
  allPublished,
  eventsByHistory,
  firstIdsBySubject,
  Listener,
  readStream,
} from "../../support/clients/events.ts";
import type { GraphQLClient } from "../../support/clients/graphql.ts";
import { deviceOf, runUserLifecycle, signUpMany } from "../../support/factories/user-lifecycle.ts";
import { logIn, newPassword, resetPassword, type SignedInUser, signUp } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { describeIf } from "../../support/servers/index.ts";
import { NatsServer } from "../../support/servers/nats.ts";
import type { Settings } from "../../support/servers/settings.ts";

const SCHEMAS = "../../../src/features/messaging/events/schemas";
const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

describeIf("nats-server", "publishing events over NATS", (program) => {
  let nats: NatsServer;
  let app: TestApp;
  let listener: Listener;
  beforeAll(async () => {
    nats = await NatsServer.start(program);
    app = await startTestApp({ settings: { NATS_URL: nats.url } });
    // The stream is created with the first published event.
    await signUp(app);
    await allPublished(app.app.db);
    listener = await Listener.start(nats);
  });
  afterAll(async () => {
    await listener?.stop();
    await app?.stop();
    await nats?.stop();
  });

  const types = (actor: Pick<SignedInUser, "id">) => listener.of(actor.id).map(({ event }) => event.type);

  it("publishes each of 1,000 logins, password changes and logouts, in order for each user, and nothing that was rolled back", async () => {
    const people = await signUpMany(app, 42);
    const rolledBack: string[] = [];
    await Promise.all(
      people.map(async (actor) => {
        const device = deviceOf(app, actor);
        for (let round = 0; round < 8; round++) {
          await runUserLifecycle(actor, device);
          rolledBack.push(await recordAndRollBack(app, actor));
        }
      }),
    );
    await allPublished(app.app.db);
    const expected = await eventsByHistory(app.app.db);
    expect(expected.filter(({ type }) => type === "auth.user.login").length).toBeGreaterThanOrEqual(42 * 8);
    await expect.poll(() => listener.received.length).toBeGreaterThanOrEqual(expected.length);
    expect(firstIdsBySubject(listener.received.map(({ event }) => event))).toEqual(firstIdsBySubject(expected));
    const told = listener.received.map(({ text }) => text).join("\n");
    expect(rolledBack).toHaveLength(42 * 8);
    for (const sessionId of rolledBack) expect(told).not.toContain(sessionId);
    // The next test waits for a mail, which the mails of so many changes would delay.
    const mails = () => app.app.db.execute(sql`select from graphile_worker._private_jobs`);
    await expect.poll(async () => (await mails()).length, { interval: 100 }).toBe(0);
  });

  it("uses CloudEvents, with a subject for each type and a stable id that JetStream deduplicates", async () => {
    const alice = await signUp(app);
    await expect.poll(() => types(alice)).toContain("auth.user.login");
    const login = listener.of(alice.id).find(({ event }) => event.type === "auth.user.login");
    const history = (await eventsByHistory(app.app.db)).filter(({ subject }) => subject === alice.id);
    expect(login).toMatchObject({
      natsSubject: "auth.user.login",
      contentType: "application/cloudevents+json",
      messageId: login?.event.id,
      event: {
        specversion: "1.0",
        id: history.find(({ type }) => type === "auth.user.login")?.id,
        source: "http://portcullis.test",
        type: "auth.user.login",
        subject: alice.id,
        datacontenttype: "application/json",
        dataschema: "http://portcullis.test/events/auth.user.login.v1.json",
        tenantid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        data: { session_id: alice.sessionId, methods: ["PASSWORD"], new_device: true },
      },
    });
  });

  it("publishes a logout from all devices once, and each session that it ended", async () => {
    const alice = await signUp(app);
    const phone = deviceOf(app, alice);
    await runUserLifecycle(alice, phone);
    await comeAndStay(alice, phone);
    await alice.client.ask("mutation { logoutAll { endedSessionIds } }");
    await expect.poll(() => types(alice).filter((type) => type === "auth.session.ended")).toHaveLength(3);
    const logouts = listener.of(alice.id).filter(({ event }) => event.type === "auth.user.logout");
    expect(logouts.map(({ event }) => event.data)).toMatchObject([
      { all_devices: false, session_id: expect.any(String) },
      { all_devices: true, session_id: null },
    ]);
    expect(new Set(logouts.map(({ messageId }) => messageId)).size).toBe(2);
  });

  it("follows the schema that each event names, which is served as in the repository", async () => {
    const alice = await signUp(app);
    await resetPassword(app, alice, newPassword());
    await expect.poll(() => types(alice)).toContain("auth.password.reset");
    const ajv = addFormats.default(new Ajv2020({ strict: true, allErrors: true }));
    for (const type of EVENT_TYPES) {
      const file = await readFile(new URL(`${SCHEMAS}/${schemaFileOf(type)}`, import.meta.url), "utf8");
      const response = await fetch(`${app.url}/events/${schemaFileOf(type)}`);
      expect(response.headers.get("content-type")).toContain("application/schema+json");
      expect(await response.json()).toEqual(JSON.parse(file));
      ajv.addSchema(JSON.parse(file), `http://portcullis.test/events/${schemaFileOf(type)}`);
    }
    for (const { event } of listener.received) {
      expect({ event, valid: ajv.validate(event.dataschema, event.data), errors: ajv.errors }).toMatchObject({
        valid: true,
      });
    }
  });

  it("carries no secret", async () => {
    const alice = await signUp(app, { name: "canaryperson" });
    const { client, email, password } = alice;
    const phone = deviceOf(app, alice);
    await comeAndStay(alice, phone);
    const next = newPassword();
    await resetPassword(app, alice, next);
    await expect.poll(() => types(alice)).toContain("auth.password.reset");
    const told = (await readStream(nats)).map(({ text }) => text).join("\n");
    const canaries = { password, next, email, name: "canaryperson" };
    const tokens = [client, phone].flatMap(({ accessToken, refreshToken, deviceToken }) => [
      accessToken,
      refreshToken,
      deviceToken,
    ]);
    for (const canary of [...Object.values(canaries), ...tokens]) {
      expect(canary).toBeTruthy();
      expect(told).not.toContain(canary);
    }
  });

  it("is not blocked and not doubled by two replicas", async () => {
    const replica = await startTestApp({ settings: { NATS_URL: nats.url }, replicaOf: app });
    try {
      const people = await signUpMany(app, 6);
      await allPublished(app.app.db);
      const before = (await readStream(nats)).length;
      const held = (await eventsByHistory(app.app.db)).length;
      await Promise.all(
        people.map(async (actor) => {
          const devices = [deviceOf(app, actor), deviceOf(replica, actor)];
          for (let round = 0; round < 6; round++) for (const device of devices) await runUserLifecycle(actor, device);
        }),
      );
      await allPublished(app.app.db);
      const expected = await eventsByHistory(app.app.db);
      const stored = await readStream(nats);
      expect(stored.length - before).toBe(expected.length - held);
      const ofThese = new Set(people.map(({ id }) => id));
      const mine = (events: readonly { subject: string; id: string }[]) =>
        firstIdsBySubject(events.filter(({ subject }) => ofThese.has(subject)));
      expect(mine(stored.map(({ event }) => event))).toEqual(mine(expected));
    } finally {
      await replica.stop();
    }
  });

  it("costs a login no round trip: only the wake-up is sent afterwards, and no request waits for it", async () => {
    const proxy = await startCountingProxy(app.database.url);
    /** Resolves when the count has not changed for a moment. */
    const quiet = async (): Promise<void> => {
      for (let seen = -1; seen !== proxy.count(); await delay(100)) seen = proxy.count();
    };
    const database = { ...app.database, url: proxy.url };
    const counted = async (settings: Settings): Promise<number> => {
      const replica = await startTestApp({
        settings: { WORKER_CONCURRENCY: "0", ...settings },
        replicaOf: { ...app, database },
      });
      try {
        const actor = await signUp(app);
        const device = deviceOf(replica, actor);
        const counts: number[] = [];
        for (let turn = 0; turn < 7; turn++) {
          const before = proxy.count();
          await comeAndStay(actor, device);
          await quiet();
          counts.push(proxy.count() - before);
        }
        return counts.toSorted((a, b) => a - b)[3] ?? 0;
      } finally {
        await replica.stop();
      }
    };
    try {
      const without = await counted({});
      expect(without).toBeGreaterThan(0);
      expect(await counted({ NATS_URL: nats.url })).toBeLessThanOrEqual(without + 1);
    } finally {
      proxy.stop();
    }
  });

  it("has the latency that it prints", async () => {
    const alice = await signUp(app);
    await allPublished(app.app.db);
    await expect.poll(() => types(alice)).toContain("auth.user.login");
    const delays: number[] = [];
    for (let turn = 0; turn < 40; turn++) {
      const before = listener.of(alice.id).length;
      await app.app.db.transaction((tx) =>
        app.app.events.record(tx, {
          type: "USERNAME_CHANGED",
          tenantId: listener.of(alice.id)[0]?.event.tenantid as TenantId,
          userId: alice.id as UserId,
        }),
      );
      const committed = performance.now();
      await expect.poll(() => listener.of(alice.id).length, { interval: 1 }).toBe(before + 1);
      delays.push((listener.of(alice.id).at(-1)?.at ?? 0) - committed);
    }
    process.stdout.write(
      `event latency, commit to consumer: p50 ${percentile(delays, 0.5).toFixed(1)} ms, p95 ${percentile(delays, 0.95).toFixed(1)} ms\n`,
    );
    await allPublished(app.app.db);
  });
});

/** A login that never happened: its event is written, and its transaction rolled back. @returns its session */
const recordAndRollBack = async ({ app }: TestApp, { id }: SignedInUser): Promise<string> => {
  const sessionId = app.ids.next<SessionId>();
  const lost = app.db.transaction(async (tx) => {
    const details = { sessionId, methods: ["PASSWORD"], newDevice: false };
    const tenantId = app.ids.next<TenantId>();
    await app.events.record(tx, { type: "LOGIN_SUCCEEDED", tenantId, userId: id as UserId, details });
    throw new Error("rolled back");
  });
  await expect(lost).rejects.toThrow("rolled back");
  return sessionId;
};

const comeAndStay = (actor: SignedInUser, device: GraphQLClient) => logIn(device, actor.email, actor.password);
