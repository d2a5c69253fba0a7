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

/** Between two checks while all is well, and at first and at most while it is not; in milliseconds. */
const CHECK_EVERY = 1_000;
const RETRY = { first: 250, longest: 2_000 };
/**
 * How long a check is good for, in milliseconds. A replica that could not check for so long trusts nothing; so a new master is
 * trusted only when so long has passed since it was announced: by then no replica reads or writes the one before.
 */
const LEASE = 3_000;
/** A connection on which nothing has succeeded for so long is given up, to ask Sentinel for the present master. */
const GIVE_UP_AFTER = 1_000;
/** After an outage of this length nothing of before is read: commands may have waited in a socket for as long. */
const LONG_OUTAGE = 60_000;
/** Longer than any cached entry lives, and any transaction lasts. */
const WITHHELD_FOR = 120_000;
/** How long an announcement is waited for, in milliseconds. A replica that hears nothing for so long has lost its connection. */
const HEARD_WITHIN = 2_000;

export interface TrustedRedisDeps {
  readonly redis: RedisClient;
  readonly database: Pick<Database, "db" | "listen">;
  readonly log: Logger;
}

/**
 * Redis, as far as it can be trusted. What is cached belongs to an epoch, whose name Postgres keeps together with the identity
 * of the master that it was begun on. Another master (restarted, failed over, restored) means another epoch, and one that was
 * replaced is never trusted again, so a split brain revives nothing. A time-out of one replica begins no epoch: that replica
 * asks Postgres until Redis answers again, and what it cannot tell Redis meanwhile it tells the other replicas by Postgres,
 * user by user (`withhold`).
 *
 * Epochs are followed by what Postgres announces: announcements arrive in the order of their commits, the same for every
 * replica.
 */
export class TrustedRedis {
  /** The newest epoch that was announced. */
  #announced: string | null = null;
  /** The epoch that was read last, if its master is the one we are connected to. */
  #current: CacheEpoch | null = null;
  /** When the last successful check began, and from when on the current master may be trusted; by the steady clock. */
  #checkedAt = Number.NEGATIVE_INFINITY;
  #trustedFrom = 0;
  /** Announcements may have been missed: what is cached must not be read. */
  #needsNewEpoch = true;
  /** How often the link to Redis, or to the announcements, has broken. */
  #breaks = 0;
  #failures = 0;
  #failingSince: number | null = null;
  #silentSince: number | null = null;
  #wasTrusted = false;
  #checking = false;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  readonly #withheld = new Map<string, number>();
  /** Who waits for an announcement, by its text. */
  readonly #awaited = new Map<string, () => void>();

  constructor(private readonly deps: TrustedRedisDeps) {}

  get trusted(): boolean {
    return this.epoch !== null;
  }

  /** The epoch whose entries are trusted; null if Redis is unavailable or not trusted. */
  get epoch(): string | null {
    const now = performance.now();
    const isTrusted =
      this.#current !== null &&
      this.#current.epoch === this.#announced &&
      now - this.#checkedAt < LEASE &&
      now >= this.#trustedFrom;
    return isTrusted ? this.#announced : null;
  }

  async start(): Promise<void> {
    // A cluster has no link of its own to lose: it drops the node.
    for (const loss of ["close", "-node"]) this.deps.redis.on(loss, () => this.#distrust());
    await this.deps.database.listen(
      WITHHELD_CHANNEL,
      (key) => this.#hearWithheld(key),
      () => this.#missed(),
    );
    await this.deps.database.listen(
      EPOCH_CHANNEL,
      (epoch) => this.#hearEpoch(epoch),
      () => this.#missed(),
    );
  }

  stop(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.deps.redis.disconnect();
  }

  /** Runs a command in the current epoch. Null if Redis is unavailable or not trusted: ask Postgres. */
  async run<Result>(command: (redis: RedisClient, epoch: string) => Promise<Result>): Promise<Result | null> {
    const { epoch } = this;
    if (epoch === null) return null;
    try {
      return await command(this.deps.redis, epoch);
    } catch (error) {
      this.deps.log.debug({ err: error }, "redis failed a command");
      this.#distrust();
      return null;
    }
  }

  /**
   * Makes every replica ignore what is cached under this key, for longer than it is cached: for a change that Redis could not
   * be told of. In a transaction they ignore it as it commits.
   */
  withhold(db: Db, key: string): Promise<void> {
    return notifyWithheld(db, key);
  }

  /**
   * Waits until this replica has received every announcement that was committed before this call. Postgres sends them to all replicas
   * at the same time, in the same order, so the others have received them too, or are about to.
   */
  async untilHeard(): Promise<void> {
    const mark = randomUUID();
    const heard = new Promise<void>((resolve) => {
      this.#awaited.set(mark, resolve);
      setTimeout(resolve, HEARD_WITHIN).unref();
    });
    await this.withhold(this.deps.database.db, mark).then(
      () => heard,
      () => {},
    );
    this.#awaited.delete(mark);
  }

  /** Whether what is cached under this key must be ignored. */
  isWithheld(key: string): boolean {
    const until = this.#withheld.get(key);
    return until !== undefined && until > performance.now();
  }

  /** Makes every replica forget all that is cached. In a transaction they forget as it commits. */
  async startNewEpoch(tx: Db): Promise<void> {
    await updateCacheEpoch(tx);
  }

  #hearEpoch(epoch: string): void {
    this.#announced = epoch;
    if (epoch !== this.#current?.epoch) this.#checkIn(0);
  }

  #hearWithheld(key: string): void {
    this.#awaited.get(key)?.();
    const now = performance.now();
    // In the order in which they end.
    for (const [other, until] of this.#withheld) {
      if (until > now) break;
      this.#withheld.delete(other);
    }
    this.#withheld.delete(key);
    this.#withheld.set(key, now + WITHHELD_FOR);
  }

  /** Nobody knows what was announced before. */
  #missed(): void {
    this.#needsNewEpoch = true;
    this.#distrust();
  }

  #distrust(): void {
    this.#breaks += 1;
    this.#checkedAt = Number.NEGATIVE_INFINITY;
    this.#failingSince ??= performance.now();
    this.#tellChange();
    this.#checkIn(RETRY.first);
  }

  #tellChange(): void {
    const { trusted } = this;
    if (this.#wasTrusted === trusted || this.#closed) return;
    this.#wasTrusted = trusted;
    if (trusted) this.deps.log.info("redis is available");
    else this.deps.log.warn("redis is unavailable: postgres answers instead");
  }

  #checkIn(pause: number): void {
    if (this.#closed || this.#checking) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#checkAndGoOn(), pause);
    this.#timer.unref();
  }

  async #checkAndGoOn(): Promise<void> {
    this.#checking = true;
    const isGood = await this.#check().catch((error: unknown) => {
      this.deps.log.debug({ err: error }, "redis could not be checked");
      return false;
    });
    this.#checking = false;
    if (isGood) {
      this.#failures = 0;
      this.#failingSince = null;
    } else this.#fail();
    this.#tellChange();
    const pause = this.#announced === this.#current?.epoch ? CHECK_EVERY : RETRY.first;
    this.#checkIn(isGood ? pause : Math.min(RETRY.first * 2 ** this.#failures, RETRY.longest));
  }

  #fail(): void {
    const now = performance.now();
    this.#failures += 1;
    this.#failingSince ??= now;
    this.#checkedAt = Number.NEGATIVE_INFINITY;
    if (now - this.#failingSince > LONG_OUTAGE) this.#needsNewEpoch = true;
  }

  /** Whether the server that we are connected to is the master of the current epoch; begins one on a master that is new. */
  async #check(): Promise<boolean> {
    const [breaks, began] = [this.#breaks, performance.now()];
    const { db } = this.deps.database;
    const master = await this.#identify();
    const found = await findCacheEpoch(db);
    if (found.formerMasters.includes(master)) return this.#giveUp();
    const needsNew = this.#needsNewEpoch;
    const begun = needsNew || found.master !== master ? await updateCacheEpochMaster(db, master, { needsNew }) : found;
    const epoch = begun ?? (await findCacheEpoch(db));
    if (breaks !== this.#breaks || epoch.master !== master) return false;
    this.#needsNewEpoch = false;
    this.#current = epoch;
    // Until the last replica has left the master before this one.
    this.#trustedFrom = began + LEASE - (epoch.masterAge ?? LEASE);
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
      if (now - this.#silentSince > GIVE_UP_AFTER) this.#giveUp();
      throw error;
    }
  }

  /** A master that hangs or was replaced keeps its connections: only a new connection is led to its successor. */
  #giveUp(): false {
    this.#silentSince = null;
    if (this.deps.redis.status === "ready") this.deps.redis.disconnect(true);
    return false;
  }
}
