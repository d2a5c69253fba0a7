import { jetstreamManager, StorageType } from "@nats-io/jetstream";
import { afterEach, expect, it, vi } from "vitest";
import { EVENT_TYPES, REQUESTS } from "#features/messaging/index";
import { allPublished, countWaiting, metricOf, readStream, recordLogin } from "../support/clients/events.ts";
import { deviceOf, runUserLifecycle, signUpMany } from "../support/factories/user-lifecycle.ts";
import { logIn, type SignedInUser, signUp } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { describeIf } from "../support/servers/index.ts";
import { NatsServer } from "../support/servers/nats.ts";
import { WAIT } from "../support/timeouts.ts";

const HOUR = 3_600_000;

describeIf("nats-server", "an event refused by NATS", (program) => {
  let nats: NatsServer;
  let app: TestApp;
  const begin = async (options?: Parameters<NatsServer["start"]>[0]) => {
    nats = await NatsServer.start(program, options);
    app = await startTestApp({ settings: { NATS_URL: nats.url } });
  };
  afterEach(async () => {
    await app?.stop();
    await nats?.stop();
  });

  const inLogs = (words: string) => vi.waitFor(() => expect(app.logs.join("")).toContain(words), WAIT);
  const manage = async <Result>(
    work: (manager: Awaited<ReturnType<typeof jetstreamManager>>) => Promise<Result>,
  ): Promise<Result> => {
    const connection = await nats.connect();
    try {
      return await work(await jetstreamManager(connection));
    } finally {
      await connection.close();
    }
  };

  it("as too large does not block the user's later events, stays visible, and is published once the limit allows it", async () => {
    await begin({ configuration: "max_payload: 16KB" });
    const alice = await signUp(app);
    await allPublished(app.app.db);
    await recordLogin(app, alice, { methods: ["CANARY".repeat(4_000)] });
    await runUserLifecycle(alice, deviceOf(app, alice));
    await vi.waitFor(async () => expect(await countWaiting(app.app.db)).toBe(1), WAIT);
    const told = (await readStream(nats)).filter(({ event }) => event.subject === alice.id);
    expect(told.at(-1)?.event.type).toBe("auth.user.logout");
    expect(await metricOf(app, "portcullis_events_refused")).toBe(1);
    expect(await metricOf(app, "portcullis_events_waiting")).toBe(0);
    expect(app.logs.join("")).toContain("exceeds the NATS size limit");
    expect(app.logs.join("")).not.toContain("CANARY");
    await nats.kill();
    app.clock.advance(HOUR + 1);
    await nats.start({ configuration: "max_payload: 1MB" });
    await allPublished(app.app.db);
    expect((await readStream(nats)).at(-1)?.text).toContain("CANARY");
  });

  it("because of an existing stream's limit is treated in the same way, and the stream is not changed", async () => {
    nats = await NatsServer.start(program);
    const own = {
      name: "PORTCULLIS",
      subjects: ["auth.user.>", "auth.password.reset", "auth.session.ended"],
      storage: StorageType.Memory,
      max_msg_size: 8_192,
    };
    await manage((manager) => manager.streams.add({ ...own }));
    app = await startTestApp({ settings: { NATS_URL: nats.url } });
    const alice = await signUp(app);
    await recordLogin(app, alice, { methods: ["x".repeat(10_000)] });
    await runUserLifecycle(alice, deviceOf(app, alice));
    await vi.waitFor(async () => expect(await countWaiting(app.app.db)).toBe(1), WAIT);
    await inLogs("no stream stores these events");
    expect(await manage(async (manager) => (await manager.streams.info("PORTCULLIS")).config)).toMatchObject(own);
  });

  it("for lack of JetStream is logged, and retried until JetStream is enabled", async () => {
    await begin({ jetStream: false });
    const alice = await signUp(app);
    await inLogs("JetStream is not enabled");
    expect(await countWaiting(app.app.db)).toBeGreaterThan(0);
    await nats.kill();
    await nats.start();
    await allPublished(app.app.db);
    expect((await readStream(nats)).filter(({ event }) => event.subject === alice.id)).not.toHaveLength(0);
  });

  it("because of its subject blocks the events of its user, and of no other user", async () => {
    const permissions = (denied: string) =>
      `authorization { users = [
        { user: "portcullis", password: "canary", permissions: { publish: { deny: [${denied}] } } }, { user: "reader", password: "reader" }
      ] }
      no_auth_user: reader`;
    nats = await NatsServer.start(program, { configuration: permissions('"auth.password.reset"') });
    app = await startTestApp({ settings: { NATS_URL: nats.url.replace("://", "://portcullis:canary@") } });
    const [alice, bob] = await signUpMany(app, 2);
    if (!alice || !bob) throw new Error("Two users are required.");
    await runUserLifecycle(alice, deviceOf(app, alice));
    await logIn(deviceOf(app, bob), bob.email, bob.password);
    await inLogs("failed to relay events");
    const typesOf = async ({ id }: SignedInUser) =>
      (await readStream(nats)).filter(({ event }) => event.subject === id).map(({ event }) => event.type);
    await expect.poll(async () => (await typesOf(bob)).filter((type) => type === "auth.user.login")).toHaveLength(2);
    expect((await typesOf(alice)).at(-1)).toBe("auth.user.login");
    expect(app.logs.join("")).not.toContain("canary");
    await nats.kill();
    await nats.start({ configuration: permissions("") });
    await allPublished(app.app.db);
    expect((await typesOf(alice)).slice(-3)).toEqual(["auth.password.reset", "auth.session.ended", "auth.user.logout"]);
  });

  it("is never a request: the stream has only the subjects of events, and a stream that captures requests is logged", async () => {
    expect(EVENT_TYPES.filter((type) => type in REQUESTS)).toEqual([]);
    nats = await NatsServer.start(program);
    await manage((manager) => manager.streams.add({ name: "GREEDY", subjects: ["auth.login"] }));
    app = await startTestApp({ settings: { NATS_URL: nats.url } });
    await inLogs("a stream captures requests");
    expect(app.logs.join("")).toContain('"stream":"GREEDY"');
    const made = await manage(async (manager) => (await manager.streams.info("PORTCULLIS")).config);
    expect(made).toMatchObject({ storage: "file", num_replicas: 1 });
    expect(made.subjects.toSorted()).toEqual(EVENT_TYPES.toSorted());
  });
});
