import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { createLogger } from "#platform/logging";
import { Nats } from "#platform/nats/index";
import type { UserId } from "#shared/ids";
import {
  allPublished,
  countWaiting,
  expectAllPublished,
  metricOf,
  readStream,
  recordLogin,
} from "../support/clients/events.ts";
import { deviceOf, runUserLifecycle, signUpMany } from "../support/factories/user-lifecycle.ts";
import { signUp } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { selfSignedCertificate } from "../support/servers/certificates.ts";
import { describeIf } from "../support/servers/index.ts";
import { NatsServer } from "../support/servers/nats.ts";
import { WAIT } from "../support/timeouts.ts";

const HOUR = 3_600_000;
const silent = createLogger({ level: "silent" });

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

describeIf("nats-server", "a connection to NATS", (program) => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await NatsServer.prepare(program);
  });
  afterEach(() => server.kill());
  afterAll(() => server?.stop());

  it("is opened once the server is available, and again after the server was killed", async () => {
    const nats = new Nats({ settings: { url: server.url, tls: {} }, log: silent });
    const opened = vi.fn();
    const up = vi.fn();
    nats.onOpened(opened);
    nats.onUp(up);
    nats.start();
    expect(nats.health).toBe("down");
    await server.start();
    await vi.waitFor(() => expect(nats.health).toBe("up"), WAIT);
    await server.kill();
    await vi.waitFor(() => expect(nats.connection).toBeNull(), WAIT);
    await server.start();
    await vi.waitFor(() => expect(nats.connection).not.toBeNull(), WAIT);
    expect(opened).toHaveBeenCalledTimes(1);
    expect(up).toHaveBeenCalledTimes(2);
    await nats.stop();
    expect(nats.health).toBe("down");
  });

  it("is closed as dead if the server is suspended, and opened again when it continues", async () => {
    await server.start();
    const nats = new Nats({ settings: { url: server.url, tls: {} }, log: silent, pingInterval: 200 });
    nats.start();
    await vi.waitFor(() => expect(nats.health).toBe("up"), WAIT);
    server.pause();
    await vi.waitFor(() => expect(nats.health).toBe("down"), WAIT);
    server.resume();
    await vi.waitFor(() => expect(nats.health).toBe("up"), WAIT);
    await nats.stop();
  });

  it("uses TLS with a trusted certificate, and logs no password", async () => {
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
    await vi.waitFor(() => expect(tries[2]?.health).toBe("up"), WAIT);
    await vi.waitFor(() => expect(lines.filter((line) => line.includes("nats is unavailable"))).toHaveLength(2), WAIT);
    expect(tries.map(({ health }) => health)).toEqual(["down", "down", "up"]);
    expect(lines.join("")).not.toContain("canary");
    await Promise.all(tries.map((nats) => nats.stop()));
  });

  it("can be stopped although the server was never available", async () => {
    const nats = new Nats({ settings: { url: server.url, tls: {} }, log: silent });
    nats.start();
    await nats.stop();
    expect(nats.health).toBe("down");
  });
});

describeIf("nats-server", "with interruptions of NATS", (program) => {
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

  it("loses no event and keeps each user's order when NATS is killed repeatedly during traffic", async () => {
    const people = await signUpMany(app, 8);
    let over = false;
    let visits = 0;
    const traffic = people.map(async (actor) => {
      const device = deviceOf(app, actor);
      for (; !over; visits += 1) await runUserLifecycle(actor, device);
    });
    const untilMore = async (most: number): Promise<void> => {
      const goal = visits + 1 + Math.floor(Math.random() * most);
      await vi.waitFor(() => expect(visits).toBeGreaterThanOrEqual(goal), WAIT);
    };
    for (let round = 0; round < 3; round++) {
      await untilMore(16);
      await nats.kill();
      await untilMore(16);
      await nats.start();
    }
    await untilMore(4);
    over = true;
    await Promise.all(traffic);
    await expectAllPublished(app.app, nats);
  });

  it("keeps requests as fast as before while NATS is down for an hour, reports it, and publishes all events afterwards", async () => {
    const people = await signUpMany(app, 4);
    const devices = people.map((actor) => deviceOf(app, actor));
    const timed = async (): Promise<number[]> => {
      const times: number[] = [];
      await Promise.all(
        people.map(async (actor, n) => {
          for (let round = 0; round < 6; round++) {
            const began = performance.now();
            await runUserLifecycle(actor, devices[n] ?? deviceOf(app, actor));
            times.push(performance.now() - began);
          }
        }),
      );
      return times;
    };
    const before = await timed();
    await allPublished(app.app.db);
    await nats.kill();
    const meanwhile = await timed();
    const [up, down] = [before, meanwhile].map((times) => Math.round(percentile(times, 0.5)));
    process.stdout.write(`a round of changes: about ${up} ms with NATS, ${down} ms without\n`);
    // All of them have been answered without a published event, because no request waits for NATS.
    expect(await metricOf(app, "portcullis_nats_up")).toBe(0);
    app.clock.advance(HOUR);
    const waiting = await countWaiting(app.app.db);
    expect(waiting).toBeGreaterThanOrEqual(4 * 6 * 3);
    expect(await metricOf(app, "portcullis_events_waiting")).toBe(waiting);
    expect(await metricOf(app, "portcullis_events_oldest_age_seconds")).toBeGreaterThanOrEqual(3_600);
    expect(await metricOf(app, "portcullis_nats_up")).toBe(0);
    const ready = await fetch(`${app.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, expect.objectContaining({ nats: "down" })]);
    await nats.start();
    await expectAllPublished(app.app, nats);
    expect(await metricOf(app, "portcullis_events_oldest_age_seconds")).toBe(0);
    expect(await metricOf(app, "portcullis_nats_up")).toBe(1);
  });

  it("publishes a backlog", async () => {
    await nats.kill();
    const gathered = 3_000;
    const anyUser = () => ({ id: app.app.ids.next<UserId>() });
    const crowd = Array.from({ length: 300 }, anyUser);
    for (let n = 0; n < gathered; n += 100)
      await Promise.all(crowd.slice(n % 300, (n % 300) + 100).map((user) => recordLogin(app, user, {})));
    expect(await countWaiting(app.app.db)).toBe(gathered);
    await nats.start();
    await vi.waitFor(async () => expect(await countWaiting(app.app.db)).toBeLessThan(gathered), {
      ...WAIT,
      interval: 5,
    });
    const began = performance.now();
    await allPublished(app.app.db);
    const rate = gathered / ((performance.now() - began) / 1_000);
    process.stdout.write(`events worked off after an outage: about ${Math.round(rate)} a second\n`);
    await expectAllPublished(app.app, nats);
  });

  it("waits for a suspended server, and then continues", async () => {
    const alice = await signUp(app);
    await allPublished(app.app.db);
    nats.pause();
    const phone = deviceOf(app, alice);
    await runUserLifecycle(alice, phone);
    await runUserLifecycle(alice, phone);
    expect(await countWaiting(app.app.db)).toBeGreaterThan(0);
    nats.resume();
    await expectAllPublished(app.app, nats);
  });

  it("creates the stream again after it was deleted", async () => {
    const alice = await signUp(app);
    await allPublished(app.app.db);
    const connection = await nats.connect();
    await (await jetstreamManager(connection)).streams.delete("PORTCULLIS");
    await connection.close();
    await runUserLifecycle(alice, deviceOf(app, alice));
    await allPublished(app.app.db);
    const types = (await readStream(nats)).map(({ event }) => event.type);
    expect(types).toEqual(["auth.user.login", "auth.password.reset", "auth.session.ended", "auth.user.logout"]);
  });
});

describe("without NATS", () => {
  it("no event is stored, and nothing is measured", async () => {
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
