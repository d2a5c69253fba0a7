import { randomUUID } from "node:crypto";
import type { Database, Db } from "../database/database.ts";
import type { Logger } from "../logging.ts";
import {
  findCacheEpoch,
  notifyWithheld,
  updateCacheEpoch,
  updateCacheEpochMaster,
  WITHHELD_CHANNEL,
} from "./cache-epochs.repository.ts";
import { type CacheEpoch, EPOCH_CHANNEL } from "./cache-epochs.table.ts";
import type { RedisClient } from "./redis.ts";
import { identityOf } from "./redis-identity.ts";

/** Between two checks while Redis is trusted, and the shortest and longest pause while it is not. */
const CHECK_INTERVAL_MS = 1_000;
const RETRY_MS = { first: 250, longest: 2_000 };
/**
 * How long a check is valid. A replica that could not check for this long trusts nothing. A new master is
 * therefore trusted only after this time since it was published, when no replica uses the previous one any more.
 */
const LEASE_MS = 3_000;
/** A connection on which no check has succeeded for this long is closed, so that Sentinel is asked for the current master. */
const GIVE_UP_AFTER_MS = 1_000;
/** After an outage of this length, nothing cached before it is read: commands may have been stuck in a socket that long. */
const LONG_OUTAGE_MS = 60_000;
/** Longer than any cached entry lives and any transaction lasts. */
const WITHHELD_FOR_MS = 120_000;
/** How long to wait for a message. A replica that receives nothing for this long has lost its connection. */
const RECEIVED_WITHIN_MS = 2_000;

export interface EpochCacheDeps {
  readonly redis: RedisClient;
  readonly database: Pick<Database, "db" | "listen">;
  readonly log: Logger;
}

/**
 * A cache in Redis that never returns outdated values. Cached values belong to an epoch, whose name is stored in Postgres together
 * with the identity of the master on which it began. Another master (restarted, failed over, restored) starts another epoch, and a
 * replaced master is never trusted again, so a split brain does not restore old values. A timeout on one replica does not start
 * an epoch: that replica uses Postgres until Redis responds again. Changes that it cannot write to Redis in that time are sent to
 * the other replicas through Postgres, user by user (`withhold`).
 *
 * Replicas learn about epochs from Postgres notifications, which arrive in the order of their commits, the same for every
 * replica.
 */
export class EpochCache {
  /** The newest epoch that was published. */
  #latestEpoch: string | null = null;
  /** The epoch that was read last, if the current connection leads to its master. */
  #current: CacheEpoch | null = null;
  /** When the last successful check began, and from when on the current master may be trusted; by the monotonic clock. */
  #checkedAt = Number.NEGATIVE_INFINITY;
  #healthyFrom = 0;
  /** Messages may have been missed: cached values must not be read. */
  #needsNewEpoch = true;
  /** The number of times that the connection to Redis, or to the notifications, has broken. */
  #breaks = 0;
  #failures = 0;
  #failingSince: number | null = null;
  #silentSince: number | null = null;
  #wasHealthy = false;
  #checking = false;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  readonly #withheld = new Map<string, number>();
  /** The callers that wait for a message, by its text. */
  readonly #awaited = new Map<string, () => void>();

  constructor(private readonly deps: EpochCacheDeps) {}

  get healthy(): boolean {
    return this.epoch !== null;
  }

  /** The epoch whose entries are trusted; null if Redis is unavailable or not trusted. */
  get epoch(): string | null {
    const now = performance.now();
    const isTrusted =
      this.#current !== null &&
      this.#current.epoch === this.#latestEpoch &&
      now - this.#checkedAt < LEASE_MS &&
      now >= this.#healthyFrom;
    return isTrusted ? this.#latestEpoch : null;
  }

  async start(): Promise<void> {
    // A cluster has no connection of its own that could be lost: it drops the node.
    for (const loss of ["close", "-node"]) this.deps.redis.on(loss, () => this.#markUnhealthy());
    await this.deps.database.listen(
      WITHHELD_CHANNEL,
      (key) => this.#onWithheld(key),
      () => this.#missed(),
    );
    await this.deps.database.listen(
      EPOCH_CHANNEL,
      (epoch) => this.#onEpoch(epoch),
      () => this.#missed(),
    );
  }

  stop(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.deps.redis.disconnect();
  }

  /**
   * Runs a command in the current epoch.
   *
   * @returns null if Redis is unavailable or not trusted: use Postgres
   */
  async run<Result>(command: (redis: RedisClient, epoch: string) => Promise<Result>): Promise<Result | null> {
    const { epoch } = this;
    if (epoch === null) return null;
    try {
      return await command(this.deps.redis, epoch);
    } catch (error) {
      this.deps.log.debug({ err: error }, "a redis command failed");
      this.#markUnhealthy();
      return null;
    }
  }

  /**
   * Makes every replica ignore the cached value of this key, for longer than it is cached, because a change could not be written
   * to Redis. In a transaction, it takes effect with the commit.
   */
  withhold(db: Db, key: string): Promise<void> {
    return notifyWithheld(db, key);
  }

  /**
   * Waits until this replica has received every message that was committed before this call. Postgres sends messages to all
   * replicas at the same time and in the same order, so the other replicas have received them, too, or are about to.
   */
  async untilReceived(): Promise<void> {
    const mark = randomUUID();
    const received = new Promise<void>((resolve) => {
      this.#awaited.set(mark, resolve);
      setTimeout(resolve, RECEIVED_WITHIN_MS).unref();
    });
    await this.withhold(this.deps.database.db, mark).then(
      () => received,
      () => {},
    );
    this.#awaited.delete(mark);
  }

  /** Whether the cached value of this key must be ignored. */
  isWithheld(key: string): boolean {
    const until = this.#withheld.get(key);
    return until !== undefined && until > performance.now();
  }

  /** Makes every replica ignore everything cached so far. In a transaction, it takes effect with the commit. */
  async startNewEpoch(tx: Db): Promise<void> {
    await updateCacheEpoch(tx);
  }

  #onEpoch(epoch: string): void {
    this.#latestEpoch = epoch;
    if (epoch !== this.#current?.epoch) this.#checkIn(0);
  }

  #onWithheld(key: string): void {
    this.#awaited.get(key)?.();
    const now = performance.now();
    // In the order in which they expire.
    for (const [other, until] of this.#withheld) {
      if (until > now) break;
      this.#withheld.delete(other);
    }
    this.#withheld.delete(key);
    this.#withheld.set(key, now + WITHHELD_FOR_MS);
  }

  /** The messages published before are unknown. */
  #missed(): void {
    this.#needsNewEpoch = true;
    this.#markUnhealthy();
  }

  #markUnhealthy(): void {
    this.#breaks += 1;
    this.#checkedAt = Number.NEGATIVE_INFINITY;
    this.#failingSince ??= performance.now();
    this.#logChange();
    this.#checkIn(RETRY_MS.first);
  }

  #logChange(): void {
    const { healthy } = this;
    if (this.#wasHealthy === healthy || this.#closed) return;
    this.#wasHealthy = healthy;
    if (healthy) this.deps.log.info("redis is available");
    else this.deps.log.warn("redis is unavailable; falling back to postgres");
  }

  #checkIn(pause: number): void {
    if (this.#closed || this.#checking) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#checkAndReschedule(), pause);
    this.#timer.unref();
  }

  async #checkAndReschedule(): Promise<void> {
    this.#checking = true;
    const isGood = await this.#check().catch((error: unknown) => {
      this.deps.log.debug({ err: error }, "failed to check redis");
      return false;
    });
    this.#checking = false;
    if (isGood) {
      this.#failures = 0;
      this.#failingSince = null;
    } else this.#fail();
    this.#logChange();
    const pause = this.#latestEpoch === this.#current?.epoch ? CHECK_INTERVAL_MS : RETRY_MS.first;
    this.#checkIn(isGood ? pause : Math.min(RETRY_MS.first * 2 ** this.#failures, RETRY_MS.longest));
  }

  #fail(): void {
    const now = performance.now();
    this.#failures += 1;
    this.#failingSince ??= now;
    this.#checkedAt = Number.NEGATIVE_INFINITY;
    if (now - this.#failingSince > LONG_OUTAGE_MS) this.#needsNewEpoch = true;
  }

  /** Whether the connected server is the master of the current epoch; begins an epoch on a new master. */
  async #check(): Promise<boolean> {
    const [breaks, began] = [this.#breaks, performance.now()];
    const { db } = this.deps.database;
    const master = await this.#identify();
    const found = await findCacheEpoch(db);
    if (found.formerMasters.includes(master)) return this.#giveUp();
    const needsNew = this.#needsNewEpoch;
    const updated =
      needsNew || found.master !== master ? await updateCacheEpochMaster(db, master, { needsNew }) : found;
    const epoch = updated ?? (await findCacheEpoch(db));
    if (breaks !== this.#breaks || epoch.master !== master) return false;
    this.#needsNewEpoch = false;
    this.#current = epoch;
    // Until the last replica has left the previous master.
    this.#healthyFrom = began + LEASE_MS - (epoch.masterAge ?? LEASE_MS);
    this.#checkedAt = began;
    return true;
  }

  async #identify(): Promise<string> {
    try {
      const identity = await identityOf(this.deps.redis);
      this.#silentSince = null;
      return identity;
    } catch (error) {
      const now = performance.now();
      this.#silentSince ??= now;
      if (now - this.#silentSince > GIVE_UP_AFTER_MS) this.#giveUp();
      throw error;
    }
  }

  /** A master that hangs or was replaced keeps its connections: only a new connection leads to its successor. */
  #giveUp(): false {
    this.#silentSince = null;
    if (this.deps.redis.status === "ready") this.deps.redis.disconnect(true);
    return false;
  }
}
