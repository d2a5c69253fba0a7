import { sql } from "drizzle-orm";
import type { Database } from "../database/database.ts";
import type { Logger } from "../logging.ts";
import { cacheEpochs } from "./cache-epochs.table.ts";
import type { RedisClient } from "./redis.ts";

const CHANNEL = "portcullis_cache_epoch";
const PROBE_INTERVAL = 250;

export interface TrustedRedisDeps {
  readonly redis: RedisClient;
  readonly database: Pick<Database, "db" | "sql">;
  readonly log: Logger;
}

/**
 * Redis, as far as it can be believed. What is cached belongs to an epoch, whose name Postgres keeps. Whoever loses Redis,
 * or could not tell it of a change, starts a new epoch: from then on no replica reads what was written before. So a Redis
 * that was killed, paused, restored from an old snapshot or failed over never brings back what has ended meanwhile.
 */
export class TrustedRedis {
  readonly #redis: RedisClient;
  readonly #database: Pick<Database, "db" | "sql">;
  readonly #log: Logger;
  /** Null: not believed, and being probed. */
  #epoch: string | null = null;
  #probing: NodeJS.Timeout | null = null;
  #unlisten: (() => Promise<void>) | null = null;
  #closed = false;

  constructor({ redis, database, log }: TrustedRedisDeps) {
    this.#redis = redis;
    this.#database = database;
    this.#log = log;
  }

  get trusted(): boolean {
    return this.#epoch !== null;
  }

  async start(): Promise<void> {
    const { unlisten } = await this.#database.sql.listen(
      CHANNEL,
      (epoch) => this.#adopt(epoch),
      // Also after a lost connection: whatever was announced meanwhile is read now.
      () =>
        void this.#readEpoch().then(
          (epoch) => this.#adopt(epoch),
          () => this.#distrust(),
        ),
    );
    this.#unlisten = unlisten;
    this.#redis.on("close", () => this.#distrust());
    await this.#probe();
    if (!this.trusted) this.#distrust();
  }

  async stop(): Promise<void> {
    this.#closed = true;
    if (this.#probing) clearTimeout(this.#probing);
    await this.#unlisten?.().catch(() => {});
    this.#redis.disconnect();
  }

  /** Runs a command in the current epoch. Null where Redis is away or not believed: ask Postgres. */
  async run<Result>(command: (redis: RedisClient, epoch: string) => Promise<Result>): Promise<Result | null> {
    const epoch = this.#epoch;
    if (epoch === null) return null;
    try {
      return await command(this.#redis, epoch);
    } catch (error) {
      this.#log.debug({ err: error }, "redis failed a command");
      this.#distrust();
      return null;
    }
  }

  /** Makes every replica forget what is cached. For a change that Redis could not be told of. */
  async startNewEpoch(): Promise<string> {
    const [row] = await this.#database.db.update(cacheEpochs).set({ epoch: sql`gen_random_uuid()` }).returning();
    if (row === undefined) throw new Error("The table cache_epochs has lost its row.");
    await this.#database.db.execute(sql`select pg_notify(${CHANNEL}, ${row.epoch})`);
    this.#adopt(row.epoch);
    return row.epoch;
  }

  /** Takes over an epoch another replica began; not while our own link is down, for then only a new one will do. */
  #adopt(epoch: string): void {
    if (this.#epoch !== null) this.#epoch = epoch;
  }

  async #readEpoch(): Promise<string> {
    const [row] = await this.#database.db.select().from(cacheEpochs);
    if (row === undefined) throw new Error("The table cache_epochs has lost its row.");
    return row.epoch;
  }

  #distrust(): void {
    if (this.#epoch !== null && !this.#closed) this.#log.warn("redis is away: postgres answers for it");
    this.#epoch = null;
    if (this.#closed || this.#probing) return;
    this.#probing = setTimeout(() => {
      this.#probing = null;
      void this.#probe().finally(() => {
        if (!this.trusted) this.#distrust();
      });
    }, PROBE_INTERVAL);
    this.#probing.unref();
  }

  async #probe(): Promise<void> {
    try {
      await this.#redis.ping();
      const epoch = await this.startNewEpoch();
      if (this.#redis.status !== "ready") return;
      this.#epoch = epoch;
      this.#log.info("redis is there");
    } catch {
      // Still away: the next probe finds out.
    }
  }
}
