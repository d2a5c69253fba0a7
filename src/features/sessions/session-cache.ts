import { setTimeout as delay } from "node:timers/promises";
import type { Db } from "#platform/database/database";
import type { EpochCache } from "#platform/redis/epoch-cache";
import type { SessionId, TenantId, UserId } from "#shared/ids";
import type { HeldMembership } from "#shared/memberships";
import type { Role } from "#shared/roles";
import type { Profile } from "#shared/viewer";

/** The data for a token check, of a session that was live at the last read from Postgres. */
export interface CachedSession {
  readonly id: SessionId;
  readonly userId: UserId;
  /** The user's home tenant. */
  readonly tenantId: TenantId;
  readonly isOperator: boolean;
  readonly memberships: readonly HeldMembership[];
  /** Compared with the token by replicas of the previous version. */
  readonly roles: readonly Role[];
  readonly elevationEpoch: number;
  readonly enrolmentOnly: boolean;
  readonly lastActivityAt: Date;
  readonly usedGeneration: number;
  readonly expiresAt: Date;
  /** Every change of it is made in `withSessionInvalidation`. Absent from entries of the previous version. */
  readonly profile?: Profile | undefined;
}

/** The result of a cache look-up. `epoch` belongs to the following read from Postgres; null if its result cannot be cached. */
export interface CacheLookup {
  readonly session: CachedSession | null;
  readonly epoch: string | null;
}

export interface SessionCache {
  /** Returns the cached session; null if the caller must read from Postgres. */
  find(userId: UserId, sessionId: SessionId): Promise<CacheLookup>;
  /** Caches the result of a read from Postgres made in this epoch. If a new epoch has started since, the entry is never read. */
  put(session: CachedSession, epoch: string | null): Promise<void>;
  /**
   * Runs a transaction that ends or changes sessions, or the user's roles, status or profile. Before the transaction starts, and for
   * longer than any transaction lasts, every replica must read this user from Postgres. Therefore the commit is effective on all
   * replicas when this resolves.
   */
  withSessionInvalidation<Result>(db: Db, userId: UserId, work: (tx: Db) => Promise<Result>): Promise<Result>;
  /**
   * Runs a transaction that affects the sessions of too many users to invalidate one by one. Its commit invalidates the whole
   * cache of every replica; the invalidation is complete when this resolves.
   */
  invalidateAll<Result>(db: Db, work: (tx: Db) => Promise<Result>): Promise<Result>;
}

/** Without Redis, every look-up reads from Postgres. */
export const noSessionCache: SessionCache = {
  find: async () => ({ session: null, epoch: null }),
  put: async () => {},
  withSessionInvalidation: (db, _userId, work) => db.transaction((tx) => work(tx)),
  invalidateAll: (db, work) => db.transaction((tx) => work(tx)),
};

/** Time to live of an entry, in seconds. */
const ENTRY_SECONDS = 30;
/** Lifetime of a tombstone, in seconds: far longer than a transaction, or than a reader that reads before it and writes after it. */
const TOMBSTONE_SECONDS = 120;
/** Its field in the hash. Replicas of the previous version read this name, too. */
const TOMBSTONE = "barrier";
/** Time between the first and the last replica receiving a message, on a busy machine. */
const MESSAGE_DELAY_MS = 50;

/**
 * Live sessions in Redis: one hash per user, one field per session. Writing a tombstone replaces the whole hash, so an entry and the
 * tombstone that invalidates it share one key, whatever Redis evicts. It is written before the transaction, not after it, so that a
 * process killed right after the commit leaves no entry that says the session is live.
 */
export const redisSessionCache = (redis: EpochCache): SessionCache => ({
  async find(userId, sessionId) {
    const { epoch } = redis;
    const values = epoch && (await redis.run((client) => client.hmget(keyOf(epoch, userId), TOMBSTONE, sessionId)));
    const [tombstone, entry] = values || [];
    // Entries beside a tombstone are not trusted, so nothing is cached either.
    if (tombstone || redis.isWithheld(userId)) return { session: null, epoch: null };
    return { session: entry ? parse(entry) : null, epoch };
  },

  async put(session, epoch) {
    if (epoch === null || redis.isWithheld(session.userId)) return;
    await redis.run(async (client) => {
      const key = keyOf(epoch, session.userId);
      // NX: the first entry's expiry holds for all, and a tombstone's expiry is not extended.
      await client.multi().hset(key, session.id, JSON.stringify(session)).expire(key, ENTRY_SECONDS, "NX").exec();
    });
  },

  async withSessionInvalidation(db, userId, work) {
    if (await writeTombstone(redis, userId)) {
      try {
        return await db.transaction((tx) => work(tx));
      } finally {
        // Again, because after a flush of Redis other replicas may have cached what they read before the commit. The commit stands,
        // whether or not the tombstone can be written.
        if (!(await writeTombstone(redis, userId))) {
          await redis.withhold(db, userId).catch(() => {});
          await untilReceivedEverywhere(redis);
        }
      }
    }
    // Redis is not writable, but other replicas may still read it, so the commit itself notifies them.
    const result = await db.transaction(async (tx) => {
      const done = await work(tx);
      await redis.withhold(tx, userId);
      return done;
    });
    await untilReceivedEverywhere(redis);
    return result;
  },

  async invalidateAll(db, work) {
    // The epoch changes with the commit: results read from Postgres before it are cached under an epoch that is no longer read,
    // and a process killed right after it leaves no entry that is still trusted.
    const result = await db.transaction(async (tx) => {
      const done = await work(tx);
      await redis.startNewEpoch(tx);
      return done;
    });
    await untilReceivedEverywhere(redis);
    return result;
  },
});

const untilReceivedEverywhere = async (redis: EpochCache): Promise<void> => {
  await redis.untilReceived();
  await delay(MESSAGE_DELAY_MS);
};

/** Makes every replica that uses this Redis read the user from Postgres; false if Redis could not be written. */
const writeTombstone = async (redis: EpochCache, userId: UserId): Promise<boolean> => {
  const written = await redis.run((client, epoch) => {
    const key = keyOf(epoch, userId);
    return client.multi().del(key).hset(key, TOMBSTONE, "1").expire(key, TOMBSTONE_SECONDS).exec();
  });
  return written !== null;
};

const keyOf = (epoch: string, userId: UserId): string => `portcullis:${epoch}:{${userId}}`;

/** @returns null for an entry of a replica of the previous version, which has no memberships */
const parse = (entry: string): CachedSession | null => {
  const session = JSON.parse(entry) as CachedSession;
  if (!Array.isArray(session.memberships)) return null;
  const { profile } = session;
  return {
    ...session,
    profile: profile && { ...profile, createdAt: new Date(profile.createdAt) },
    // Entries of the previous version lack these fields.
    elevationEpoch: session.elevationEpoch ?? 0,
    enrolmentOnly: session.enrolmentOnly ?? false,
    usedGeneration: session.usedGeneration ?? 0,
    lastActivityAt: new Date(session.lastActivityAt),
    expiresAt: new Date(session.expiresAt),
  };
};
