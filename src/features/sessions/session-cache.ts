import { setTimeout as delay } from "node:timers/promises";
import type { Db } from "#platform/database/database";
import type { TrustedRedis } from "#platform/redis/trusted-redis";
import type { SessionId, TenantId, UserId } from "#shared/ids";
import type { HeldMembership } from "#shared/memberships";
import type { Role } from "#shared/roles";

/** What a token check needs to know of a session that was live when Postgres was last asked. */
export interface CachedSession {
  readonly id: SessionId;
  readonly userId: UserId;
  /** The user's home tenant. */
  readonly tenantId: TenantId;
  readonly isOperator: boolean;
  readonly memberships: readonly HeldMembership[];
  /** What replicas of the previous version compare with a token. */
  readonly roles: readonly Role[];
  readonly elevationEpoch: number;
  readonly enrolmentOnly: boolean;
  readonly lastActivityAt: Date;
  readonly usedGeneration: number;
  readonly expiresAt: Date;
}

/** What the cache knows. `epoch` goes with what Postgres is asked after it; null where nothing can be kept. */
export interface CacheLookup {
  readonly session: CachedSession | null;
  readonly epoch: string | null;
}

export interface SessionCache {
  /** No session: ask Postgres. */
  find(userId: UserId, sessionId: SessionId): Promise<CacheLookup>;
  /** Keeps what Postgres said after a look-up in this epoch. Should another have begun since, nobody will read it. */
  put(session: CachedSession, epoch: string | null): Promise<void>;
  /**
   * Runs a transaction that ends or changes sessions, roles or the status of the user. Before it begins, and for longer than
   * any transaction lasts, every replica is made to ask Postgres about this user, so that what it commits is true everywhere
   * when this resolves.
   */
  changing<Result>(db: Db, userId: UserId, work: (tx: Db) => Promise<Result>): Promise<Result>;
  /**
   * Runs a transaction that bears on the sessions of more users than can be told one by one. Its commit itself makes every
   * replica forget all that is cached; when this resolves they have.
   */
  forgettingAll<Result>(db: Db, work: (tx: Db) => Promise<Result>): Promise<Result>;
}

/** Where there is no Redis, Postgres answers every time. */
export const noSessionCache: SessionCache = {
  find: async () => ({ session: null, epoch: null }),
  put: async () => {},
  changing: (db, _userId, work) => db.transaction((tx) => work(tx)),
  forgettingAll: (db, work) => db.transaction((tx) => work(tx)),
};

/** Seconds that an entry is believed. */
const ENTRY_TTL = 30;
/** Seconds that a barrier stands: far longer than a transaction, or a reader who read before it and writes after it. */
const BARRIER_TTL = 120;
const BARRIER = "barrier";
/** Milliseconds between the first replica and the last that hear an announcement, on a busy machine. */
const ANNOUNCEMENT_TRAVELS = 50;

/**
 * Live sessions in Redis: one hash a user, one field a session. Raising a barrier replaces the whole hash, so an entry and
 * the barrier that denies it live and die together, whatever Redis evicts. The barrier goes up before the transaction, not
 * after it: a process killed right after the commit leaves nothing behind that still says "live".
 */
export const redisSessionCache = (redis: TrustedRedis): SessionCache => ({
  async find(userId, sessionId) {
    const { epoch } = redis;
    const values = epoch && (await redis.run((client) => client.hmget(keyOf(epoch, userId), BARRIER, sessionId)));
    const [barrier, entry] = values || [];
    // Behind a barrier nothing is trusted, so nothing is worth keeping either.
    if (barrier || redis.isWithheld(userId)) return { session: null, epoch: null };
    return { session: entry ? parse(entry) : null, epoch };
  },

  async put(session, epoch) {
    if (epoch === null || redis.isWithheld(session.userId)) return;
    await redis.run(async (client) => {
      const key = keyOf(epoch, session.userId);
      // NX: the first entry's end is everybody's, and a barrier's end is not moved.
      await client.multi().hset(key, session.id, JSON.stringify(session)).expire(key, ENTRY_TTL, "NX").exec();
    });
  },

  async changing(db, userId, work) {
    if (await raiseBarrier(redis, userId)) {
      try {
        return await db.transaction((tx) => work(tx));
      } finally {
        // Once more: a flush of Redis meanwhile let others keep what they had read before the commit. What is committed stays
        // so, whether or not this can be said.
        if (!(await raiseBarrier(redis, userId))) {
          await redis.withhold(db, userId).catch(() => {});
          await untilHeardEverywhere(redis);
        }
      }
    }
    // Redis cannot be told, but other replicas may still read it: the commit itself tells them.
    const result = await db.transaction(async (tx) => {
      const done = await work(tx);
      await redis.withhold(tx, userId);
      return done;
    });
    await untilHeardEverywhere(redis);
    return result;
  },

  async forgettingAll(db, work) {
    // The epoch changes with the commit: whoever asked Postgres before it keeps the answer where nobody looks any more, and
    // a process killed right after it leaves nothing behind that is still believed.
    const result = await db.transaction(async (tx) => {
      const done = await work(tx);
      await redis.startNewEpoch(tx);
      return done;
    });
    await untilHeardEverywhere(redis);
    return result;
  },
});

const untilHeardEverywhere = async (redis: TrustedRedis): Promise<void> => {
  await redis.untilHeard();
  await delay(ANNOUNCEMENT_TRAVELS);
};

/** Makes every replica that reads this Redis ask Postgres about the user; false if Redis could not be told. */
const raiseBarrier = async (redis: TrustedRedis, userId: UserId): Promise<boolean> => {
  const told = await redis.run((client, epoch) => {
    const key = keyOf(epoch, userId);
    return client.multi().del(key).hset(key, BARRIER, "1").expire(key, BARRIER_TTL).exec();
  });
  return told !== null;
};

const keyOf = (epoch: string, userId: UserId): string => `portcullis:${epoch}:{${userId}}`;

/** @returns null for an entry of a replica of the previous version, which knows no memberships */
const parse = (entry: string): CachedSession | null => {
  const session = JSON.parse(entry) as CachedSession;
  if (!Array.isArray(session.memberships)) return null;
  return {
    ...session,
    // An entry of a version before has none of these.
    elevationEpoch: session.elevationEpoch ?? 0,
    enrolmentOnly: session.enrolmentOnly ?? false,
    usedGeneration: session.usedGeneration ?? 0,
    lastActivityAt: new Date(session.lastActivityAt),
    expiresAt: new Date(session.expiresAt),
  };
};
