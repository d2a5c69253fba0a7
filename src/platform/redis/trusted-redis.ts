import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Database, Db } from "../database/database.ts";
import type { Logger } from "../logging.ts";
import { cacheEpochs } from "./cache-epochs.table.ts";
import type { RedisClient } from "./redis.ts";

const CHANNEL = "portcullis_cache_epoch";
/** Between two attempts to trust again, and until an announcement of ours must have come back; in milliseconds. */
const PROBE_INTERVAL = 250;
const ECHO_PATIENCE = 1_000;

export interface TrustedRedisDeps {
  readonly redis: RedisClient;
  readonly database: Pick<Database, "db" | "listen">;
  readonly log: Logger;
}

/**
 * Redis, as far as it can be believed. What is cached belongs to an epoch, whose name Postgres keeps. Whoever loses Redis,
 * or could not tell it of a change, starts a new epoch: from then on no replica reads what was written before. So a Redis
 * that was killed, paused, restored from an old snapshot or failed over never brings back what has ended meanwhile.
 *
 * Epochs are followed by what Postgres announces and by nothing else: announcements arrive in the order of their commits,
 * the same for every replica, so replicas that begin one at the same moment end up in the same.
 */
export class TrustedRedis {
  readonly #redis: RedisClient;
  readonly #database: Pick<Database, "db" | "listen">;
  readonly #log: Logger;
  /** The newest epoch that was announced. */
  #announced: string | null = null;
  #trusted = false;
  /** How often the link to Redis, or to the announcements, has broken. */
  #breaks = 0;
  #echo: ((epoch: string) => void) | null = null;
  #probing: NodeJS.Timeout | null = null;
  #closed = false;

  constructor({ redis, database, log }: TrustedRedisDeps) {
    this.#redis = redis;
    this.#database = database;
    this.#log = log;
  }

  get trusted(): boolean {
    return this.#trusted;
  }

  /** The epoch whose entries are believed; null where Redis is away or not believed. */
  get epoch(): string | null {
    return this.#trusted ? this.#announced : null;
  }

  async start(): Promise<void> {
    // A cluster has no link of its own to lose: it drops the node.
    for (const loss of ["close", "-node"]) this.#redis.on(loss, () => this.#distrust());
    await this.#database.listen(
      CHANNEL,
      (epoch) => this.#hear(epoch),
      // Also after a lost connection: nobody knows what was announced meanwhile.
      () => this.#distrust(),
    );
  }

  stop(): void {
    this.#closed = true;
    if (this.#probing) clearTimeout(this.#probing);
    this.#redis.disconnect();
  }

  /** Runs a command in the current epoch. Null where Redis is away or not believed: ask Postgres. */
  async run<Result>(command: (redis: RedisClient, epoch: string) => Promise<Result>): Promise<Result | null> {
    const { epoch } = this;
    if (epoch === null) return null;
    try {
      return await command(this.#redis, epoch);
    } catch (error) {
      this.#log.debug({ err: error }, "redis failed a command");
      this.#distrust();
      return null;
    }
  }

  /**
   * Makes every replica forget what is cached: for a change that Redis could not be told of, or is not told of one by one.
   * In a transaction they forget as it commits.
   */
  startNewEpoch(tx: Db = this.#database.db): Promise<void> {
    return this.#announce(tx, randomUUID());
  }

  async #announce(db: Db, epoch: string): Promise<void> {
    // One statement: the row's lock puts the commits in an order, and announcements come in that order.
    const rows = await db.execute(sql`
      with next as (update ${cacheEpochs} set epoch = ${epoch} returning epoch)
      select pg_notify(${CHANNEL}, epoch::text) from next`);
    if (rows.length === 0) throw new Error("The table cache_epochs has lost its row.");
  }

  #hear(epoch: string): void {
    this.#announced = epoch;
    this.#echo?.(epoch);
  }

  #distrust(): void {
    if (this.#trusted && !this.#closed) this.#log.warn("redis is away: postgres answers for it");
    this.#trusted = false;
    this.#breaks += 1;
    if (this.#closed || this.#probing) return;
    this.#probing = setTimeout(() => void this.#probe(), PROBE_INTERVAL);
    this.#probing.unref();
  }

  /** Trusts Redis again once it answers, in an epoch of its own, and once that announcement has come back to us. */
  async #probe(): Promise<void> {
    const breaks = this.#breaks;
    try {
      await this.#redis.ping();
      await this.#hearOwnEpoch();
      this.#trusted = breaks === this.#breaks && this.#redis.status === "ready";
    } catch {
      // Still away: the next probe finds out.
    }
    this.#probing = null;
    if (this.#trusted) this.#log.info("redis is there");
    else this.#distrust();
  }

  async #hearOwnEpoch(): Promise<void> {
    const epoch = randomUUID();
    let giveUp: NodeJS.Timeout | undefined;
    const echo = new Promise<void>((resolve, reject) => {
      this.#echo = (heard) => heard === epoch && resolve();
      giveUp = setTimeout(() => reject(new Error("The announcement did not come back.")), ECHO_PATIENCE);
    });
    try {
      await Promise.all([echo, this.#announce(this.#database.db, epoch)]);
    } finally {
      clearTimeout(giveUp);
      this.#echo = null;
    }
  }
}
