import { setTimeout as delay } from "node:timers/promises";
import { createInbox, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { askNats, overNats, type Reply, untilAnswered } from "../support/clients/transports.ts";
import { LOGIN, logIn, type SignedInUser, signUp } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { describeIf } from "../support/servers/index.ts";
import { createInstallation, type ServerProcess } from "../support/servers/installation.ts";
import { NatsServer } from "../support/servers/nats.ts";
import { RedisServer } from "../support/servers/redis.ts";

const CALLERS = 8;
const CLIENT = { ipAddress: "203.0.113.7" };
const DELETE_SESSION = "mutation ($id: ID!) { deleteSession(input: { sessionId: $id }) { session { endReason } } }";

/** Milliseconds after which a caller gives up, because a killed replica never responds. */
const GIVEN_UP_AFTER = 20_000;

const validation = (token: string | null): string => JSON.stringify({ input: { token } });

/** The number of requests that this replica has answered. */
const answeredBy = async ({ url }: Pick<TestApp, "url">): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(
    /^portcullis_nats_request_seconds_count\{subject="auth.validate",outcome="ok"\} (\d+)/m.exec(text)?.[1] ?? 0,
  );
};

/** Waits until both replicas accept requests. */
const untilBothAnswer = async (connection: NatsConnection, ...replicas: readonly Pick<TestApp, "url">[]) => {
  await untilAnswered(connection);
  await expect
    .poll(
      async () => {
        await Promise.all(Array.from({ length: 20 }, () => askNats(connection, "auth.validate", validation("x"))));
        return Math.min(...(await Promise.all(replicas.map(answeredBy))));
      },
      { interval: 50 },
    )
    .toBeGreaterThan(0);
};

/** Callers that send requests, one at a time each, until they are stopped. */
class Callers {
  answered = 0;
  lost = 0;
  readonly #over = new AbortController();
  readonly #calling: Promise<unknown>;

  constructor(connection: NatsConnection, count: number) {
    const call = async () => {
      while (!this.#over.signal.aborted) {
        const isAnswered = await connection.request("auth.validate", validation("x"), { timeout: GIVEN_UP_AFTER }).then(
          () => true,
          () => false,
        );
        if (isAnswered) this.answered += 1;
        else this.lost += 1;
        await delay(1);
      }
    };
    this.#calling = Promise.all(Array.from({ length: count }, call));
  }

  async end(): Promise<void> {
    this.#over.abort();
    await this.#calling;
  }
}

describeIf("nats-server", "requests over NATS, with two replicas", (program) => {
  let nats: NatsServer;
  let connection: NatsConnection;
  beforeAll(async () => {
    nats = await NatsServer.start(program);
  });
  afterAll(() => nats?.stop());
  beforeEach(async () => {
    connection = await nats.connect();
  });
  afterEach(() => connection.close());

  describeIf("redis-server", "and a shared Redis", (redisProgram) => {
    let redis: RedisServer;
    let app: TestApp;
    let replica: TestApp;
    beforeAll(async () => {
      redis = await RedisServer.start(redisProgram);
      const settings = { NATS_URL: nats.url, REDIS_URL: redis.url };
      app = await startTestApp({ settings });
      replica = await startTestApp({ settings, replicaOf: app });
    });
    afterAll(async () => {
      await replica?.stop();
      await app?.stop();
      await redis?.stop();
    });

    it("are answered once each, by one replica or the other", async () => {
      await untilBothAnswer(connection, app, replica);
      const before = [await answeredBy(app), await answeredBy(replica)];
      const answers = new Map<string, number>();
      const inbox = createInbox();
      connection.subscribe(`${inbox}.*`, {
        callback: (_, { subject }) => void answers.set(subject, (answers.get(subject) ?? 0) + 1),
      });
      for (let n = 0; n < 300; n++) connection.publish("auth.validate", validation("x"), { reply: `${inbox}.${n}` });
      await expect.poll(() => answers.size).toBe(300);
      const after = [await answeredBy(app), await answeredBy(replica)];
      const shares = after.map((count, n) => count - (before[n] ?? 0));
      expect(shares.reduce((sum, share) => sum + share)).toBe(300);
      expect(Math.min(...shares)).toBeGreaterThan(0);
      expect([...answers.values()].every((count) => count === 1)).toBe(true);
    });

    it("report a token as revoked as soon as its session is deleted, on both replicas", async () => {
      await untilBothAnswer(connection, app, replica);
      const alice = await signUp(app);
      const phone = app.client();
      const { session } = await logIn(phone, alice.email, alice.password);
      const worth = () =>
        Promise.all(
          Array.from({ length: 40 }, () => askNats(connection, "auth.validate", validation(phone.accessToken))),
        );
      const before = [await answeredBy(app), await answeredBy(replica)];
      // Both replicas have the session in their cache.
      for (const told of await worth()) expect(told.data).toMatchObject({ valid: true });
      await alice.client.ask(DELETE_SESSION, { id: session.id });
      for (const told of await worth()) expect(told.data).toEqual({ valid: false, reason: "REVOKED", claims: null });
      expect(await answeredBy(app)).toBeGreaterThan(before[0] ?? 0);
      expect(await answeredBy(replica)).toBeGreaterThan(before[1] ?? 0);
    });
  });

  it("are all answered when one replica is killed, except for those in progress there", async () => {
    const installation = await createInstallation({ NATS_URL: nats.url });
    const callers = new Callers(connection, CALLERS);
    try {
      const doomed = await installation.start();
      const survivor = await installation.start();
      await untilBothAnswer(connection, doomed, survivor);
      const lostBefore = callers.lost;
      await doomed.kill();
      const atDeath = callers.answered;
      await expect.poll(() => callers.answered).toBeGreaterThan(atDeath + 200);
      // Each caller had at most one request in progress.
      expect(callers.lost - lostBefore).toBeLessThanOrEqual(CALLERS);
    } finally {
      await callers.end();
      await installation.stop();
    }
  });

  it("are all answered when one replica replaces another", async () => {
    const installation = await createInstallation({ NATS_URL: nats.url });
    let callers: Callers | null = null;
    try {
      const former = await installation.start();
      await untilAnswered(connection);
      callers = new Callers(connection, CALLERS);
      const next: ServerProcess = await installation.start();
      await expect.poll(() => answeredBy(next)).toBeGreaterThan(0);
      former.signal("SIGTERM");
      expect(await former.exit).toBe(0);
      const atExit = callers.answered;
      await expect.poll(() => callers?.answered).toBeGreaterThan(atExit + 100);
      expect(callers.lost).toBe(0);
    } finally {
      await callers?.end();
      await installation.stop();
    }
  });
});

describeIf("nats-server", "while NATS is unavailable", (program) => {
  let nats: NatsServer;
  let app: TestApp;
  let alice: SignedInUser;
  beforeAll(async () => {
    nats = await NatsServer.prepare(program);
    app = await startTestApp({ settings: { NATS_URL: nats.url } });
    alice = await signUp(app);
  });
  afterAll(async () => {
    await app?.stop();
    await nats?.stop();
  });

  const readiness = async (): Promise<Record<string, string>> =>
    (await fetch(`${app.url}/readyz`)).json() as Promise<Record<string, string>>;

  it("GraphQL works, and requests are answered as soon as NATS is available, also after an interruption", async () => {
    expect(await readiness()).toMatchObject({ status: "ready", nats: "down" });
    for (let time = 0; time < 2; time++) {
      await app.client().ask(LOGIN, { input: { identifier: alice.email, password: alice.password } });
      await nats.start();
      const connection = await nats.connect();
      await untilAnswered(connection);
      const token = alice.client.accessToken;
      const told: Reply = await overNats(connection).ask("auth.validate", { client: CLIENT, input: { token } });
      expect(told).toMatchObject({ data: { valid: true, claims: { userId: alice.id } } });
      expect(await readiness()).toMatchObject({ status: "ready", nats: "up" });
      await connection.close();
      await nats.kill();
      await expect.poll(async () => (await readiness()).nats).toBe("down");
    }
  });
});
