import type { Pool, PoolClient } from "pg";
import { SECOND } from "#shared/durations";
import { LOCKS } from "../database/locks.ts";

/** How long a worker may hold a job before it has its lock: it takes jobs immediately after its start. */
const GRACE = "5 seconds";
const POLL_INTERVAL_MS = 10 * SECOND;

/** Unlocks the jobs of dead workers. If two replicas check concurrently, only one gets the lock of each dead worker. */
const FREE_ABANDONED = `
  with owner as materialized (
    select distinct locked_by from graphile_worker._private_jobs where locked_at < now() - interval '${GRACE}'
  ), dead as materialized (
    select locked_by from owner where pg_try_advisory_xact_lock($1, hashtext(locked_by))
  )
  select graphile_worker.force_unlock_workers(array(select locked_by from dead)) where exists (select from dead)`;

/** The connection that holds the locks of these workers. */
interface Holder {
  readonly client: PoolClient;
  readonly locked: Set<string>;
}

/**
 * Releases the jobs of killed processes. graphile-worker itself waits four hours, because it cannot distinguish a dead worker
 * from a slow one. Here each worker holds an advisory lock, which Postgres releases as soon as its process is gone.
 */
export class StaleJobReaper {
  readonly #pool: Pool;
  readonly #onError: (error: unknown) => void;
  readonly #living = new Set<string>();
  #holder: Holder | null = null;
  #polling: Promise<void> = Promise.resolve();
  readonly #timer: NodeJS.Timeout;

  constructor({ pool, onError }: { pool: Pool; onError: (error: unknown) => void }) {
    this.#pool = pool;
    this.#onError = onError;
    this.#timer = setInterval(() => this.#pollSoon(), POLL_INTERVAL_MS);
    this.#timer.unref();
  }

  /** From now on this worker counts as alive, until it is given up or the process ends. */
  claim(workerId: string): void {
    this.#living.add(workerId);
    this.#pollSoon();
  }

  /** This worker runs nothing any more: the jobs it still holds are released. */
  giveUp(workerId: string): void {
    this.#living.delete(workerId);
    this.#pollSoon();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#polling;
    this.#release();
  }

  #pollSoon(): void {
    this.#polling = this.#polling.then(() => this.#poll()).catch(this.#onError);
  }

  async #poll(): Promise<void> {
    this.#holder ??= await this.#connect();
    await this.#lockLiving(this.#holder).catch((error: unknown) => {
      this.#release();
      throw error;
    });
    await this.#pool.query(FREE_ABANDONED, [LOCKS.livingWorkers]);
  }

  async #lockLiving({ client, locked }: Holder): Promise<void> {
    const living = new Set(this.#living);
    for (const id of living) {
      if (locked.has(id)) continue;
      await client.query("select pg_advisory_lock($1, hashtext($2))", [LOCKS.livingWorkers, id]);
      locked.add(id);
    }
    for (const id of locked) {
      if (living.has(id)) continue;
      await client.query("select pg_advisory_unlock($1, hashtext($2))", [LOCKS.livingWorkers, id]);
      locked.delete(id);
    }
  }

  async #connect(): Promise<Holder> {
    const client = await this.#pool.connect();
    // The locks are lost with their connection; the next check acquires them again.
    client.once("error", () => {
      if (this.#holder?.client === client) this.#release();
    });
    return { client, locked: new Set<string>() };
  }

  #release(): void {
    this.#holder?.client.release(true);
    this.#holder = null;
  }
}
