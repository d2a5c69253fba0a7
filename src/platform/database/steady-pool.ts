import { connect, type Socket } from "node:net";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { isConnectionLost } from "./errors.ts";

/** What Drizzle uses of the driver. */
type Client = Pick<postgres.Sql, "unsafe" | "begin" | "options">;

export interface SteadyPool {
  /** Always the present pool. */
  readonly client: postgres.Sql;
  end(): Promise<void>;
}

/** Milliseconds that a pool lives on for the queries that were waiting in it, and then seconds for what is running. */
const RETIREMENT = 1_000;
const LAST_WORDS = 15;

/**
 * A pool of postgres.js that outlives lost connections. The driver (3.4.9) does not: it writes to the connection of a broken
 * transaction, whose socket is gone, and the process ends (porsager/postgres#1066, #1208); and a connection that was lost in
 * the wrong instant never connects again. So a transaction that lost its connection sends nothing more, and a pool that lost
 * one makes place for a new pool.
 */
export const openSteadyPool = (options: postgres.Options<Record<string, never>>): SteadyPool => {
  let ended = false;

  const open = (): postgres.Sql => {
    const onLost = () => {
      if (pool === current && !ended) retire(pool);
    };
    // Not among the driver's types: `socket`.
    const pool = postgres({ ...options, ...{ socket: (address: Address) => openSocket(address, onLost) } });
    // Drizzle sets its own parsers on the pool that it is given; later ones need them as well.
    drizzle(pool);
    return pool;
  };
  const retire = (pool: postgres.Sql): void => {
    current = open();
    setTimeout(() => void pool.end({ timeout: LAST_WORDS }), RETIREMENT);
  };
  let current = open();

  const client: Client = {
    get options() {
      return current.options;
    },
    unsafe: (...query) => current.unsafe(...query),
    begin: ((work: (tx: postgres.TransactionSql) => Promise<unknown>) => begin(current, work)) as postgres.Sql["begin"],
  };
  return {
    client: client as postgres.Sql,
    async end() {
      ended = true;
      await current.end({ timeout: 5 });
    },
  };
};

/** A transaction. Where its connection is lost it rejects, as it should, but neither commits nor rolls back any more. */
const begin = (pool: postgres.Sql, work: (tx: postgres.TransactionSql) => Promise<unknown>): Promise<unknown> => {
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
      return over ? await never() : result;
    } catch (error) {
      // The driver reports the loss itself, now or when the server closes the connection; anything else is rolled back.
      await new Promise(setImmediate);
      if (over || isConnectionLost(error)) await never();
      throw error;
    }
  });
  const settled = () => {
    over = true;
  };
  transaction.then(settled, settled);
  return transaction;
};

/** Created each time: a shared one would keep a reference to every caller that waits for it. */
const never = (): Promise<never> => new Promise(() => {});

interface Address {
  readonly host: readonly string[];
  readonly port: readonly number[];
  /** A Unix socket. */
  readonly path: string | false;
}

/**
 * The driver takes a connection that is closed before the server has said a word (by a proxy whose target is gone) for one
 * to try again, for ever and without a pause, while the query waits. Here it is an error like any other.
 */
const openSocket = ({ host: [host = ""], port: [port = 0], path }: Address, onLost: () => void): Socket => {
  const socket = path ? connect({ path }) : connect({ host, port });
  let hungUp = false;
  // Who ends it in peace has said so before.
  socket.once("end", () => {
    hungUp = !socket.writableEnded;
  });
  socket.once("close", (hadError) => {
    if (socket.bytesRead > 0) return void ((hadError || hungUp) && onLost());
    if (!hadError) socket.emit("error", Object.assign(new Error("The server hung up."), { code: "ECONNRESET" }));
  });
  // The driver checks certificates against the host, and names it in its errors.
  return Object.assign(socket, { host, port });
};
