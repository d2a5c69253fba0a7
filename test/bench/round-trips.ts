import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { Connection, call, median, type Operation } from "./load.ts";

/** A proxy between the product and a server that counts how often the product waits for the server. */
export interface CountingProxy {
  readonly url: string;
  /** Round trips so far: how often the product sent after the server did. Messages sent together count once. */
  count(): number;
  stop(): void;
}

export const startCountingProxy = async (target: string): Promise<CountingProxy> => {
  const { hostname, port } = new URL(target);
  let turns = 0;
  const proxy = createServer((client) => {
    const server = connect({ host: hostname, port: Number(port) });
    let serverSpokeLast = true;
    client.on("data", () => {
      if (serverSpokeLast) turns += 1;
      serverSpokeLast = false;
    });
    server.on("data", () => {
      serverSpokeLast = true;
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
  return { url, count: () => turns, stop: () => proxy.close() };
};

interface Counts {
  readonly postgres: number;
  readonly redis: number;
}

export interface RoundTrips extends Counts {
  readonly operation: string;
}

/** Calls before counting, after which every connection has prepared every statement. */
const WARM_UP = 40;
const COUNTED = 15;

/** How often each step of a call waits for Postgres and for Redis, without other load: the median of some calls. */
export const countRoundTrips = async (
  operation: Operation,
  port: number,
  { postgres, redis }: { postgres: CountingProxy; redis: CountingProxy },
): Promise<RoundTrips[]> => {
  const connection = await Connection.open(port);
  const countNow = (): Counts => ({ postgres: postgres.count(), redis: redis.count() });
  const steps = (operation.steps ?? [operation.name]).map((name) => ({ name, counts: [] as Counts[] }));
  for (let n = 0; n < WARM_UP + COUNTED; n++) {
    const seen = [countNow()];
    await call(operation, connection, 0, () => seen.push(countNow()));
    if (n < WARM_UP) continue;
    for (const [index, { counts }] of steps.entries()) {
      const [before, after] = [seen[index] as Counts, seen[index + 1] as Counts];
      counts.push({ postgres: after.postgres - before.postgres, redis: after.redis - before.redis });
    }
  }
  connection.close();
  return steps.map(({ name, counts }) => ({
    operation: name,
    postgres: median(counts.map((count) => count.postgres)),
    redis: median(counts.map((count) => count.redis)),
  }));
};
