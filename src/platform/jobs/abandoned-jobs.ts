import type { Pool, PoolClient } from "pg";
import { SECOND } from "../../shared/durations.ts";
import { LOCKS } from "../database/locks.ts";

/** A worker may hold a job this long before its lock is there: it takes jobs from its first moment. */
const GRACE = "5 seconds";
const LOOK_EVERY = 10 * SECOND;

/** Frees what dead workers hold. Of two replicas that look at once, one gets the lock of each dead one. */
const FREE_ABANDONED = `
  with owner as materialized (
    select distinct locked_by from graphile_worker._private_jobs where locked_at < now() - interval '${GRACE}'
  ), dead as materialized (
    select locked_by from owner where pg_try_advisory_xact_lock($1, hashtext(locked_by))
  )
  select graphile_worker.force_unlock_workers(array(select locked_by from dead)) where exists (select from dead)`;

/**
 * Gives the jobs of killed processes to the living. graphile-worker by itself waits four hours, for it cannot tell a dead
 * worker from a slow one; here each holds an advisory lock, which Postgres drops in the moment its process is gone.
 */
export class AbandonedJobs {
  readonly #pool: Pool;
  readonly #onError: (error: unknown) => void;
  #workerId: string | null = null;
  #holder: PoolClient | null = null;
  #looking: Promise<void> = Promise.resolve();
  readonly #timer: NodeJS.Timeout;

  constructor({ pool, onError }: { pool: Pool; onError: (error: unknown) => void }) {
    this.#pool = pool;
    this.#onError = onError;
    this.#timer = setInterval(() => this.#lookSoon(), LOOK_EVERY);
    this.#timer.unref();
  }

  /** From now on this worker counts as alive, for as long as the process lives. */
  claim(workerId: string): void {
    this.#workerId = workerId;
    this.#release();
    this.#lookSoon();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    this.#release();
  }

  #lookSoon(): void {
    this.#looking = this.#looking.then(() => this.#look()).catch(this.#onError);
  }

  async #look(): Promise<void> {
    if (this.#workerId === null) return;
    this.#holder ??= await this.#hold(this.#workerId);
    await this.#pool.query(FREE_ABANDONED, [LOCKS.livingWorkers]);
  }

  async #hold(workerId: string): Promise<PoolClient> {
    const client = await this.#pool.connect();
    // With its connection the lock is lost: taken again at the next look.
    client.once("error", () => {
      if (this.#holder === client) this.#release();
    });
    try {
      await client.query("select pg_advisory_lock($1, hashtext($2))", [LOCKS.livingWorkers, workerId]);
      return client;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  #release(): void {
    this.#holder?.release(true);
    this.#holder = null;
  }
}
