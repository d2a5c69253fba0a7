import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { jetstreamManager, StorageType } from "@nats-io/jetstream";
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { EVENT_TYPES, NAMED_REQUESTS } from "../../src/features/messaging/index.ts";
import { type Database, openDatabase } from "../../src/platform/database/database.ts";
import { LOCKS } from "../../src/platform/database/locks.ts";
import { createLogger } from "../../src/platform/logging.ts";
import { Nats } from "../../src/platform/nats/index.ts";
import type { TenantId, UserId } from "../../src/shared/ids.ts";
import { type Actor, logIn, type Served, signUp } from "../support/actors.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { selfSignedCertificate } from "../support/certificates.ts";
import { comeAndGo, deviceOf, settle } from "../support/comings-and-goings.ts";
import { allTold, countWaiting, eventsByHistory, firstIdsBySubject, readStream } from "../support/events.ts";
import { createInstallation, type Installation, type ServerProcess } from "../support/process.ts";
import { describeNeeding } from "../support/servers/index.ts";
import { NatsServer } from "../support/servers/nats.ts";

const HOUR = 3_600_000;
const silent = createLogger({ level: "silent" });

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

const metricOf = async ({ url }: Pick<TestApp, "url">, name: string): Promise<number> => {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(metrics)?.[1] ?? Number.NaN);
};

/** Everything in the history was told, in order for each user. */
const expectAllTold = async ({ db }: Pick<Database, "db">, nats: NatsServer): Promise<void> => {
  await allTold(db, 40_000);
  const stored = await readStream(nats);
  expect(firstIdsBySubject(stored.map(({ event }) => event))).toEqual(firstIdsBySubject(await eventsByHistory(db)));
};

/** Writes an event of somebody as a feature would, with these details. */
const record = ({ app }: Pick<TestApp, "app">, { id }: Pick<Actor, "id">, details: Record<string, unknown>) =>
  app.db.transaction((tx) =>
    app.events.record(tx, {
      type: "LOGIN_SUCCEEDED",
      tenantId: app.ids.next<TenantId>(),
      userId: id as UserId,
      details: { sessionId: app.ids.next(), methods: ["PASSWORD"], newDevice: false, ...details },
    }),
  );

describeNeeding("nats-server", "a connection to NATS", (program) => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await NatsServer.prepare(program);
  });
  afterEach(() => server.kill());
  afterAll(() => server?.stop());

  it("is made once the server is there, and again after the server died", async () => {
    const nats = new Nats({ settings: { url: server.url, tls: {} }, log: silent });
    const opened = vi.fn();
    const up = vi.fn();
    nats.onOpened(opened);
    nats.onUp(up);
    nats.start();
    expect(nats.health).toBe("away");
    await server.start();
    await vi.waitFor(() => expect(nats.health).toBe("up"), 5_000);
    await server.kill();
    await vi.waitFor(() => expect(nats.connection).toBeNull(), 5_000);
    await server.start();
    await vi.waitFor(() => expect(nats.connection).not.toBeNull(), 5_000);
    expect(opened).toHaveBeenCalledTimes(1);
    expect(up).toHaveBeenCalledTimes(2);
    await nats.stop();
    expect(nats.health).toBe("away");
  });

  it("is given up for dead where a server stands still, and made again when it goes on", async () => {
    await server.start();
    const nats = new Nats({ settings: { url: server.url, tls: {} }, log: silent, pingInterval: 200 });
    nats.start();
    await vi.waitFor(() => expect(nats.health).toBe("up"), 5_000);
    server.pause();
    await vi.waitFor(() => expect(nats.health).toBe("away"), 5_000);
    server.resume();
    await vi.waitFor(() => expect(nats.health).toBe("up"), 10_000);
    await nats.stop();
  });

  it("is made by TLS, to whom a certificate vouches for, with a password that no log tells", async () => {
    const lines: string[] = [];
    const log = createLogger({ level: "debug", destination: { write: (line) => void lines.push(line) } });
    const directory = await mkdtemp(join(inject("runDirectory"), "tls-"));
    const [own, foreign] = ["localhost", "localhost"].map(selfSignedCertificate);
    const write = async (name: string, text = ""): Promise<string> => {
      await writeFile(join(directory, name), text);
      return join(directory, name);
    };
    const caFile = await write("own.pem", own?.cert);
    const keyFile = await write("own.key", own?.key);
    const foreignFile = await write("foreign.pem", foreign?.cert);
    await server.start({
      configuration: `tls { cert_file: "${caFile}", key_file: "${keyFile}" }
        authorization { user: portcullis, password: "canary" }`,
    });
    const address = `tls://portcullis:PASSWORD@localhost:${server.port}`;
    const tries = [
      { url: address.replace("PASSWORD", "canary"), tls: { caFile: foreignFile } },
      { url: address.replace("PASSWORD", "wrong-canary"), tls: { caFile } },
      { url: address.replace("PASSWORD", "canary"), tls: { caFile } },
    ].map((settings) => new Nats({ settings, log }));
    for (const nats of tries) nats.start();
    await vi.waitFor(() => expect(tries[2]?.health).toBe("up"), 5_000);
    await vi.waitFor(() => expect(lines.filter((line) => line.includes("cannot be reached"))).toHaveLength(2), 5_000);
    expect(tries.map(({ health }) => health)).toEqual(["away", "away", "up"]);
    expect(lines.join("")).not.toContain("canary");
    await Promise.all(tries.map((nats) => nats.stop()));
  });

  it("ends while the server was never there", async () => {
    const nats = new Nats({ settings: { url: server.url, tls: {} }, log: silent });
    nats.start();
    await nats.stop();
    expect(nats.health).toBe("away");
  });
});

describeNeeding("nats-server", "while NATS comes and goes", (program) => {
  let nats: NatsServer;
  let app: TestApp;
  beforeAll(async () => {
    nats = await NatsServer.start(program);
    app = await startTestApp({ settings: { NATS_URL: nats.url } });
  });
  afterAll(async () => {
    await app?.stop();
    await nats?.stop();
  });

  it("misses nothing and keeps each user's order when NATS is killed in the middle, again and again", async () => {
    const people = await settle(app, 8);
    let over = false;
    const traffic = people.map(async (actor) => {
      const device = deviceOf(app, actor);
      while (!over) await comeAndGo(actor, device);
    });
    for (let round = 0; round < 3; round++) {
      await delay(400 + Math.random() * 600);
      await nats.kill();
      await delay(Math.random() * 800);
      await nats.start();
    }
    await delay(300);
    over = true;
    await Promise.all(traffic);
    await expectAllTold(app.app, nats);
  }, 90_000);

  it("keeps requests as they are while NATS is down for an hour, says so, and tells all of it afterwards", async () => {
    const people = await settle(app, 4);
    const devices = people.map((actor) => deviceOf(app, actor));
    const timed = async (): Promise<number[]> => {
      const times: number[] = [];
      await Promise.all(
        people.map(async (actor, n) => {
          for (let round = 0; round < 6; round++) {
            const began = performance.now();
            await comeAndGo(actor, devices[n] ?? deviceOf(app, actor));
            times.push(performance.now() - began);
          }
        }),
      );
      return times;
    };
    const before = await timed();
    await allTold(app.app.db);
    await nats.kill();
    const meanwhile = await timed();
    // Generous, for the machine has other work: what would wait for NATS would wait for seconds.
    expect(percentile(meanwhile, 0.5)).toBeLessThan(3 * percentile(before, 0.5) + 200);
    app.clock.advance(HOUR);
    const waiting = await countWaiting(app.app.db);
    expect(waiting).toBeGreaterThanOrEqual(4 * 6 * 3);
    expect(await metricOf(app, "portcullis_events_waiting")).toBe(waiting);
    expect(await metricOf(app, "portcullis_events_oldest_age_seconds")).toBeGreaterThanOrEqual(3_600);
    expect(await metricOf(app, "portcullis_nats_up")).toBe(0);
    const ready = await fetch(`${app.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, expect.objectContaining({ nats: "away" })]);
    await nats.start();
    await expectAllTold(app.app, nats);
    expect(await metricOf(app, "portcullis_events_oldest_age_seconds")).toBe(0);
    expect(await metricOf(app, "portcullis_nats_up")).toBe(1);
  }, 90_000);

  it("works off what has gathered", async () => {
    await nats.kill();
    const gathered = 3_000;
    const somebody = () => ({ id: app.app.ids.next<UserId>() });
    const crowd = Array.from({ length: 300 }, somebody);
    for (let n = 0; n < gathered; n += 100)
      await Promise.all(crowd.slice(n % 300, (n % 300) + 100).map((user) => record(app, user, {})));
    expect(await countWaiting(app.app.db)).toBe(gathered);
    await nats.start();
    await vi.waitFor(async () => expect(await countWaiting(app.app.db)).toBeLessThan(gathered), {
      timeout: 20_000,
      interval: 5,
    });
    const began = performance.now();
    await allTold(app.app.db, 60_000);
    const rate = gathered / ((performance.now() - began) / 1_000);
    process.stdout.write(`events worked off after an outage: about ${Math.round(rate)} a second\n`);
    await expectAllTold(app.app, nats);
  }, 120_000);

  it("waits for a server that stands still, and then goes on", async () => {
    const alice = await signUp(app);
    await allTold(app.app.db);
    nats.pause();
    const phone = deviceOf(app, alice);
    await comeAndGo(alice, phone);
    await comeAndGo(alice, phone);
    expect(await countWaiting(app.app.db)).toBeGreaterThan(0);
    nats.resume();
    await expectAllTold(app.app, nats);
  }, 60_000);

  it("makes the stream again when somebody has deleted it", async () => {
    const alice = await signUp(app);
    await allTold(app.app.db);
    const connection = await nats.connect();
    await (await jetstreamManager(connection)).streams.delete("PORTCULLIS");
    await connection.close();
    await comeAndGo(alice, deviceOf(app, alice));
    await allTold(app.app.db);
    const types = (await readStream(nats)).map(({ event }) => event.type);
    expect(types).toEqual(["auth.user.login", "auth.password.reset", "auth.session.ended", "auth.user.logout"]);
  }, 60_000);
});

describeNeeding("nats-server", "a process killed in the middle of telling", (program) => {
  let nats: NatsServer;
  let installation: Installation;
  beforeAll(async () => {
    nats = await NatsServer.start(program);
    installation = await createInstallation({ NATS_URL: nats.url });
  });
  afterAll(async () => {
    await installation?.stop();
    await nats?.stop();
  });

  const servedBy = ({ client }: ServerProcess): Served => ({ client, mail: installation.mail });

  it("leaves nothing untold and no user's order broken, at whatever moment it dies", async () => {
    const database = openDatabase({ url: installation.database.url, poolSize: 2 });
    try {
      let server = await installation.start();
      const regulars = await settle(servedBy(server), 3);
      for (let life = 0; life < 3; life++) {
        const newcomers = await settle(servedBy(server), 3);
        let over = false;
        let rounds = 0;
        const current = server;
        const untilTheEnd = async (act: () => Promise<void>): Promise<void> => {
          while (!over)
            await act().then(
              () => (rounds += 1),
              () => delay(20),
            );
        };
        const storm = [
          ...regulars.map((actor) => {
            const device = deviceOf(servedBy(current), actor);
            return untilTheEnd(async () => {
              await logIn(device, actor.email, actor.password, { deviceToken: actor.client.deviceToken ?? "" });
              await device.ask("mutation { logout { endedSessions } }");
            });
          }),
          ...newcomers.map((actor) => {
            const device = deviceOf(servedBy(current), actor);
            return untilTheEnd(() => comeAndGo(actor, device));
          }),
        ];
        await vi.waitFor(() => expect(rounds).toBeGreaterThan(5), { timeout: 30_000 });
        await delay(Math.random() * 500);
        await server.kill();
        over = true;
        await Promise.all(storm);
        server = await installation.start();
      }
      await expectAllTold(database, nats);
    } finally {
      await database.close();
    }
  }, 180_000);
});

describeNeeding("nats-server", "a process that stands still in the middle of telling", (program) => {
  it("loses its turn to another one, and disturbs nothing when it goes on", async () => {
    const nats = await NatsServer.start(program);
    const installation = await createInstallation({ NATS_URL: nats.url });
    const database = openDatabase({ url: installation.database.url, poolSize: 2 });
    const relaying = async () =>
      (await database.db.execute(sql`select from pg_locks where locktype = 'advisory' and objid = ${LOCKS.eventRelay}`))
        .length;
    try {
      const frozen = await installation.start();
      const served = { client: frozen.client, mail: installation.mail };
      const people = await settle(served, 3);
      await allTold(database.db);
      nats.pause();
      await Promise.all(people.map((actor) => comeAndGo(actor, deviceOf(served, actor))));
      await vi.waitFor(async () => expect(await relaying()).toBe(1), { timeout: 10_000, interval: 10 });
      frozen.signal("SIGSTOP");
      nats.resume();
      const other = await installation.start();
      const atOther = { client: other.client, mail: installation.mail };
      await Promise.all(people.map((actor) => comeAndGo(actor, deviceOf(atOther, actor))));
      await expectAllTold(database, nats);
      frozen.signal("SIGCONT");
      await Promise.all(people.map((actor) => comeAndGo(actor, deviceOf(served, actor))));
      await expectAllTold(database, nats);
    } finally {
      await database.close();
      await installation.stop();
      await nats.stop();
    }
  }, 120_000);
});

describeNeeding("nats-server", "what NATS refuses", (program) => {
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

  const inLogs = (words: string) => vi.waitFor(() => expect(app.logs.join("")).toContain(words), { timeout: 15_000 });
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

  it("as too large holds nobody's later events up, stays visible, and goes out once there is room", async () => {
    await begin({ configuration: "max_payload: 16KB" });
    const alice = await signUp(app);
    await allTold(app.app.db);
    await record(app, alice, { methods: ["CANARY".repeat(4_000)] });
    await comeAndGo(alice, deviceOf(app, alice));
    await vi.waitFor(async () => expect(await countWaiting(app.app.db)).toBe(1), 10_000);
    const told = (await readStream(nats)).filter(({ event }) => event.subject === alice.id);
    expect(told.at(-1)?.event.type).toBe("auth.user.logout");
    expect(await metricOf(app, "portcullis_events_refused")).toBe(1);
    expect(await metricOf(app, "portcullis_events_waiting")).toBe(0);
    expect(app.logs.join("")).toContain("larger than NATS allows");
    expect(app.logs.join("")).not.toContain("CANARY");
    await nats.kill();
    app.clock.advance(HOUR + 1);
    await nats.start({ configuration: "max_payload: 1MB" });
    await allTold(app.app.db);
    expect((await readStream(nats)).at(-1)?.text).toContain("CANARY");
  }, 60_000);

  it("by a limit of a stream that is there already is dealt with alike, and the stream stays as it is", async () => {
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
    await record(app, alice, { methods: ["x".repeat(10_000)] });
    await comeAndGo(alice, deviceOf(app, alice));
    await vi.waitFor(async () => expect(await countWaiting(app.app.db)).toBe(1), 10_000);
    await inLogs("no stream keeps these events");
    expect(await manage(async (manager) => (await manager.streams.info("PORTCULLIS")).config)).toMatchObject(own);
  }, 60_000);

  it("for want of JetStream is said, and tried until it is there", async () => {
    await begin({ jetStream: false });
    const alice = await signUp(app);
    await inLogs("JetStream is not enabled");
    expect(await countWaiting(app.app.db)).toBeGreaterThan(0);
    await nats.kill();
    await nats.start();
    await allTold(app.app.db, 30_000);
    expect((await readStream(nats)).filter(({ event }) => event.subject === alice.id)).not.toHaveLength(0);
  }, 60_000);

  it("of one subject keeps those users' events back, and nobody else's", async () => {
    const permissions = (denied: string) =>
      `authorization { users = [
        { user: "portcullis", password: "canary", permissions: { publish: { deny: [${denied}] } } }, { user: "reader", password: "reader" }
      ] }
      no_auth_user: reader`;
    nats = await NatsServer.start(program, { configuration: permissions('"auth.password.reset"') });
    app = await startTestApp({ settings: { NATS_URL: nats.url.replace("://", "://portcullis:canary@") } });
    const [alice, bob] = await settle(app, 2);
    if (!alice || !bob) throw new Error("Nobody is there.");
    await comeAndGo(alice, deviceOf(app, alice));
    await logIn(deviceOf(app, bob), bob.email, bob.password);
    await inLogs("events could not be relayed");
    const typesOf = async ({ id }: Actor) =>
      (await readStream(nats)).filter(({ event }) => event.subject === id).map(({ event }) => event.type);
    await expect.poll(async () => (await typesOf(bob)).filter((type) => type === "auth.user.login")).toHaveLength(2);
    expect((await typesOf(alice)).at(-1)).toBe("auth.user.login");
    expect(app.logs.join("")).not.toContain("canary");
    await nats.kill();
    await nats.start({ configuration: permissions("") });
    await allTold(app.app.db, 30_000);
    expect((await typesOf(alice)).slice(-3)).toEqual(["auth.password.reset", "auth.session.ended", "auth.user.logout"]);
  }, 60_000);

  it("never is a request: the stream keeps the events' subjects and no other, and one that keeps requests is called out", async () => {
    expect(EVENT_TYPES.filter((type) => type in NAMED_REQUESTS)).toEqual([]);
    nats = await NatsServer.start(program);
    await manage((manager) => manager.streams.add({ name: "GREEDY", subjects: ["auth.login"] }));
    app = await startTestApp({ settings: { NATS_URL: nats.url } });
    await inLogs("a stream keeps requests");
    expect(app.logs.join("")).toContain('"stream":"GREEDY"');
    const made = await manage(async (manager) => (await manager.streams.info("PORTCULLIS")).config);
    expect(made).toMatchObject({ storage: "file", num_replicas: 1 });
    expect(made.subjects.toSorted()).toEqual(EVENT_TYPES.toSorted());
  }, 60_000);
});

describe("without NATS", () => {
  it("nothing is kept for anybody, and nothing measured", async () => {
    const app = await startTestApp();
    try {
      await signUp(app);
      expect(await countWaiting(app.app.db)).toBe(0);
      expect(await (await fetch(`${app.url}/metrics`)).text()).not.toContain("portcullis_events");
    } finally {
      await app.stop();
    }
  });
});
