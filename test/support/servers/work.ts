import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { vi } from "vitest";
import { startTestApp, type TestApp, type TestAppOptions } from "./app.ts";

/** The cost of a request, independent of the machine: two requests with the same work cannot be distinguished by their time. */
export interface WorkCount {
  /** Password hashes computed. */
  readonly hashes: number;
  /** Statements sent to Postgres, including `begin` and `commit`. */
  readonly statements: number;
  /** Round trips to Postgres: statements that are sent together count once. */
  readonly waits: number;
}

interface Meter {
  readonly url: string;
  readonly counts: { statements: number; waits: number };
  stop(): void;
}

/** A proxy between the program and Postgres that counts statements and round trips. */
const startMeter = async (target: string): Promise<Meter> => {
  const { hostname, port } = new URL(target);
  const counts = { statements: 0, waits: 0 };
  const proxy = createServer((client) => {
    const server = connect({ host: hostname, port: Number(port) });
    let serverSentLast = true;
    const statementsIn = statementReader();
    client.on("data", (data: Buffer) => {
      if (serverSentLast) counts.waits += 1;
      serverSentLast = false;
      counts.statements += statementsIn(data);
    });
    server.on("data", () => {
      serverSentLast = true;
    });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.setNoDelay(true).pipe(to);
      from.on("error", () => to.destroy());
    }
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const url = Object.assign(new URL(target), { host: `127.0.0.1:${(proxy.address() as AddressInfo).port}` }).href;
  return { url, counts, stop: () => proxy.close() };
};

const HEAD = 5;
const EXECUTING = new Set(["E", "Q"].map((type) => type.charCodeAt(0)));

/** Counts what a client has executed in each part of its data stream, which may end anywhere (PostgreSQL's protocol, 3.0). */
const statementReader = (): ((data: Buffer) => number) => {
  let rest = Buffer.alloc(0);
  let started = false;
  return (data) => {
    rest = Buffer.concat([rest, data]);
    let found = 0;
    for (;;) {
      // The first message has no type.
      const head = started ? HEAD : HEAD - 1;
      if (rest.length < head) return found;
      const end = rest.readInt32BE(head - 4) + head - 4;
      if (rest.length < end) return found;
      if (started && EXECUTING.has(rest[0] ?? 0)) found += 1;
      started = true;
      rest = rest.subarray(end);
    }
  };
};

export interface MeteredApp {
  readonly app: TestApp;
  /** The minimum cost of `act` in this many runs, because the program's background work can only add to it. */
  leastWork(act: () => Promise<unknown>, tries?: number): Promise<WorkCount>;
  stop(): Promise<void>;
}

/** A replica whose work is counted; it runs no jobs. */
export const startMeteredReplica = async (
  replicaOf: TestApp,
  settings: TestAppOptions["settings"] = {},
): Promise<MeteredApp> => {
  const meter = await startMeter(replicaOf.database.url);
  const database = { ...replicaOf.database, url: meter.url };
  const app = await startTestApp({
    settings: { WORKER_CONCURRENCY: "0", ...settings },
    replicaOf: { ...replicaOf, database },
  });
  const { hasher } = app.app;
  const hashing = (["hash", "verify", "verifyDummy", "verifyLogin"] as const).map((method) => vi.spyOn(hasher, method));
  const now = (): WorkCount => ({
    ...meter.counts,
    hashes: hashing.reduce((sum, { mock }) => sum + mock.calls.length, 0),
  });

  return {
    app,
    async leastWork(act, tries = 6) {
      const works: WorkCount[] = [];
      for (let n = 0; n < tries; n++) {
        const before = now();
        await act();
        const after = now();
        works.push({
          hashes: after.hashes - before.hashes,
          statements: after.statements - before.statements,
          waits: after.waits - before.waits,
        });
      }
      const least = (of: keyof WorkCount) => Math.min(...works.map((work) => work[of]));
      return { hashes: least("hashes"), statements: least("statements"), waits: least("waits") };
    },
    async stop() {
      for (const spy of hashing) spy.mockRestore();
      await app.stop();
      meter.stop();
    },
  };
};
