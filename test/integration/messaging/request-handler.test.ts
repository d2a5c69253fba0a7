import type { NatsConnection } from "@nats-io/transport-node";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { RequestHandler } from "#features/messaging/index";
import { createLogger } from "#platform/logging";
import { Nats } from "#platform/nats/index";
import type { OperationOutcome, PrepareOperation } from "#platform/schema/operations";
import { askNats, type Reply, untilAnswered } from "../../support/clients/transports.ts";
import { describeIf } from "../../support/servers/index.ts";
import { NatsServer } from "../../support/servers/nats.ts";

const BUSY = { error: { code: "SERVICE_UNAVAILABLE", status: 503, retryAfter: 1 } };
const MANY = 1_000;
const PLACES = 10;

describeIf("nats-server", "the responder", (program) => {
  let server: NatsServer;
  let connection: NatsConnection;
  let nats: Nats;
  let responder: RequestHandler;
  /** Operations in progress; each ends when the test releases it. */
  let waiting: ((outcome: OperationOutcome) => void)[];
  let held: boolean;
  const log = createLogger({ level: "silent" });
  beforeAll(async () => {
    server = await NatsServer.start(program);
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    waiting = [];
    held = false;
    nats = new Nats({ settings: { url: server.url, tls: {} }, log });
    responder = responding();
    nats.start();
    connection = await server.connect();
    await untilAnswered(connection);
  });
  afterEach(async () => {
    release();
    await responder.stop();
    await nats.stop();
    await connection.close();
  });

  const responding = (options: { patience?: number } = {}): RequestHandler => {
    const started = new RequestHandler({
      nats,
      prepare,
      observe: () => undefined,
      log,
      maxInFlight: PLACES,
      ...options,
    });
    started.start();
    return started;
  };
  const prepare: PrepareOperation = () => ({
    execute: () =>
      held ? new Promise<OperationOutcome>((resolve) => waiting.push(resolve)) : Promise.resolve({ data: "at once" }),
  });
  const release = (): void => {
    held = false;
    for (const answer of waiting.splice(0)) answer({ data: "done" });
  };
  const ask = (subject: string): Promise<Reply> =>
    askNats(connection, subject, JSON.stringify({ client: { ipAddress: "203.0.113.7" } }));
  const askMany = (subject: string, count: number): Promise<Reply>[] =>
    Array.from({ length: count }, () => ask(subject));

  it("limits the concurrent requests of each subject, and returns to the other callers when to retry", async () => {
    held = true;
    const answers = askMany("auth.login", MANY);
    await expect.poll(() => waiting.length).toBe(PLACES);
    // A flood of one subject takes no capacity from another.
    const others = askMany("auth.validate", PLACES);
    await expect.poll(() => waiting.length).toBe(2 * PLACES);
    release();
    const told = await Promise.all(answers);
    expect(told.filter(({ data }) => data === "done")).toHaveLength(PLACES);
    const refused = told.filter(({ error }) => error);
    expect(refused).toHaveLength(MANY - PLACES);
    for (const answer of refused) expect(answer).toMatchObject(BUSY);
    expect(await Promise.all(others)).toEqual(others.map(() => ({ data: "done" })));
    expect(await ask("auth.login")).toEqual({ data: "at once" });
  });

  it("responds after its timeout, and does not free the capacity of an operation that is still running", async () => {
    await responder.stop();
    responder = responding({ patience: 100 });
    await untilAnswered(connection);
    held = true;
    for (const told of await Promise.all(askMany("auth.login", PLACES))) expect(told).toMatchObject(BUSY);
    held = false;
    expect(await ask("auth.login")).toMatchObject(BUSY);
    release();
    await expect.poll(() => ask("auth.login")).toEqual({ data: "at once" });
  });

  it("answers all requests in progress before it stops, and accepts no new ones", async () => {
    held = true;
    const answers = askMany("auth.login", PLACES);
    await expect.poll(() => waiting.length).toBe(PLACES);
    let stopped = false;
    const stopping = responder.stop().then(() => {
      stopped = true;
    });
    await expect
      .poll(() => connection.request("auth.login", "{}", { timeout: 10_000 }).catch((error: Error) => error.message))
      .toMatch(/no responders/);
    expect(stopped).toBe(false);
    release();
    expect(await Promise.all(answers)).toEqual(answers.map(() => ({ data: "done" })));
    await stopping;
  });

  it("stops while NATS is unavailable, and does not return when NATS does", async () => {
    await server.kill();
    await expect.poll(() => nats.health).toBe("down");
    await responder.stop();
    await server.start();
    await expect.poll(() => nats.health).toBe("up");
    await expect
      .poll(() => connection.request("auth.login", "{}", { timeout: 10_000 }).catch((error: Error) => error.message))
      .toMatch(/no responders/);
  });
});
