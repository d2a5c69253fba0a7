import { connect, type Socket } from "node:net";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { batchWrites } from "../batch-writes.ts";
import { isConnectionLost } from "./errors.ts";

/** The parts of the driver that Drizzle uses. */
type Client = Pick<postgres.Sql, "unsafe" | "begin" | "options">;

export interface ResilientPool {
  /** Always the current pool. */
  readonly client: postgres.Sql;
  end(): Promise<void>;
}

/** How long a replaced pool is kept for queued queries, and then for running queries. */
const DRAIN_DELAY_MS = 1_000;
const DRAIN_TIMEOUT_SECONDS = 15;

/**
 * A pool of postgres.js that survives lost connections. The driver (3.4.9) does not: it writes to the connection of a broken
 * transaction, whose socket is gone, and the process exits (porsager/postgres#1066, #1208). Also, a connection that was lost at
 * the wrong moment never reconnects. So a transaction that lost its connection sends nothing more, and a pool that lost one is
 * replaced by a new pool.
 */
export const createResilientPool = (options: postgres.Options<Record<string, never>>): ResilientPool => {
  let ended = false;

  const open = (): postgres.Sql => {
    const onLost = () => {
      if (pool === current && !ended) drain(pool);
    };
    // The driver's types lack `socket`.
    const pool = postgres({ ...options, ...{ socket: (address: Address) => openSocket(address, onLost) } });
    // Drizzle sets its own parsers on the pool that it is given; later pools need them as well.
    drizzle(pool);
    return pool;
  };
  const drain = (pool: postgres.Sql): void => {
    current = open();
    setTimeout(() => void pool.end({ timeout: DRAIN_TIMEOUT_SECONDS }), DRAIN_DELAY_MS);
  };
  let current = open();

  const client: Client = {
    get options() {
      return current.options;
    },
    unsafe: (...query) => current.unsafe(...query),
    begin: ((work: (tx: postgres.TransactionSql) => Promise<unknown>) =>
      beginTransaction(current, work)) as postgres.Sql["begin"],
  };
  return {
    client: client as postgres.Sql,
    async end() {
      ended = true;
      await current.end({ timeout: 5 });
    },
  };
};

/** A transaction. If its connection is lost, it rejects, as it should, but it neither commits nor rolls back. */
const beginTransaction = (
  pool: postgres.Sql,
  work: (tx: postgres.TransactionSql) => Promise<unknown>,
): Promise<unknown> => {
  let over = false;
  const guard = (tx: postgres.TransactionSql): postgres.TransactionSql =>
    ({
      savepoint: tx.savepoint.bind(tx),
      unsafe: (...query: Parameters<typeof tx.unsafe>) => {
        if (over) throw Object.assign(new Error("The connection was lost."), { code: "CONNECTION_CLOSED" });
        return tx.unsafe(...query);
      },
    }) as unknown as postgres.TransactionSql;

  const transaction = pool.begin(async (tx) => {
    try {
      const result = await work(guard(tx));
      return over ? await neverSettles() : result;
    } catch (error) {
      // The driver reports the loss itself, now or when the server closes the connection. Other errors are rolled back.
      await new Promise(setImmediate);
      if (over || isConnectionLost(error)) await neverSettles();
      throw error;
    }
  });
  const settled = () => {
    over = true;
  };
  transaction.then(settled, settled);
  return transaction;
};

/** Created each time: a shared promise would keep a reference to every caller that waits for it. */
const neverSettles = (): Promise<never> => new Promise(() => {});

interface Address {
  readonly host: readonly string[];
  readonly port: readonly number[];
  /** A Unix socket. */
  readonly path: string | false;
}

/**
 * If a connection is closed before the server has sent anything (by a proxy whose target is unavailable), the driver retries
 * forever and without a pause, while the query waits. Here it is an error like any other.
 */
const openSocket = ({ host: [host = ""], port: [port = 0], path }: Address, onLost: () => void): Socket => {
  const socket = path ? connect({ path }) : connect({ host, port });
  let hungUp = false;
  // After a normal close, this side has ended the socket first; otherwise the server hung up.
  socket.once("end", () => {
    hungUp = !socket.writableEnded;
  });
  socket.once("close", (hadError) => {
    if (socket.bytesRead > 0) return void ((hadError || hungUp) && onLost());
    if (!hadError)
      socket.emit("error", Object.assign(new Error("The server closed the connection."), { code: "ECONNRESET" }));
  });
  // The driver checks certificates against the host, and includes it in its errors.
  return Object.assign(batchWrites(socket), { host, port });
};
