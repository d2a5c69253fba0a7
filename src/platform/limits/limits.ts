import { eq, inArray, lt, sql } from "drizzle-orm";
import { after, SECOND } from "#shared/durations";
import type { Clock } from "../clock.ts";
import type { Db } from "../database/database.ts";
import { prepared } from "../database/prepared.ts";
import { createLruCache } from "../lru-cache.ts";
import { rateLimits } from "./rate-limits.table.ts";

/** At most `limit` uses of `key` in `window` seconds; reaching the limit restarts the window. */
export interface Limit {
  readonly key: string;
  readonly limit: number;
  readonly window: number;
}

export interface ConsumeResult {
  /** The limit that was already exhausted, or null if none was. */
  readonly exceeded: Limit | null;
  /** The limits whose first use this was: no other caller uses them, or has been refused by them, within their window. */
  readonly fresh: readonly Limit[];
  /** The limits whose last use this was. */
  readonly reached: readonly Limit[];
  /** How many uses remain until the first of the limits is reached. */
  readonly left: number;
  /** Seconds until there is room again; 0 if there is room. */
  readonly retryAfter: number;
  /** Refused from memory, without querying Postgres. */
  readonly remembered: boolean;
}

/** How long an exhausted key is refused from memory. */
const REMEMBERED_MS = 2 * SECOND;

interface Counter {
  readonly used: number;
  readonly windowEndsAt: Date;
}

/**
 * Counts before anything is verified. `take` is one atomic statement for all keys, so concurrent callers on any number of
 * replicas together get at most the limit. The counters are only in Postgres: limits against guessing must hold when Redis is
 * flushed or restored from old data, and what they protect (a hash, a mail) costs far more than an upsert. An exhausted key is
 * remembered in the process for a moment, so that a flood is refused without querying the database. It is not remembered longer,
 * because another replica may have reset it, and pending uses may be refunded.
 */
export class Limits {
  readonly #full = createLruCache<string, { readonly until: Date; readonly askAgainAt: Date }>(50_000);

  constructor(private readonly deps: { clock: Clock }) {}

  /**
   * Consumes one use of each limit. If one of them is exhausted, the caller must not continue, and no other limit is consumed.
   */
  async consume(db: Db, limits: readonly Limit[]): Promise<ConsumeResult> {
    const now = this.deps.clock.now();
    for (const limit of limits) {
      const full = this.#full.get(limit.key);
      if (full && full.askAgainAt > now) return { ...refuse(limit, full.until, now), remembered: true };
    }

    const counters = await this.#count(db, limits, now);
    const counterOf = ({ key }: Limit): Counter => counters.get(key) ?? { used: 0, windowEndsAt: now };
    const exceeded = limits.find((limit) => counterOf(limit).used > limit.limit);
    if (exceeded) {
      const until = counterOf(exceeded).windowEndsAt;
      // Nothing was verified: one address that keeps trying must not exhaust the limits that it shares with others.
      const uncounted = limits.filter((limit) => counterOf(limit).used <= limit.limit).map(({ key }) => key);
      if (uncounted.length > 0) await refundUses(db, { keys: uncounted, reset: [] });
      this.#full.set(exceeded.key, { until, askAgainAt: earlier(until, after(now, REMEMBERED_MS)) });
      return refuse(exceeded, until, now);
    }
    return {
      exceeded: null,
      fresh: limits.filter((limit) => counterOf(limit).used === 1),
      reached: limits.filter((limit) => counterOf(limit).used === limit.limit),
      left: Math.min(...limits.map((limit) => limit.limit - counterOf(limit).used)),
      retryAfter: 0,
      remembered: false,
    };
  }

  /**
   * Refunds a call that turned out to be harmless: in one statement, resets the counters of `reset` (their owner has
   * authenticated) and refunds one use of each of `refund`.
   */
  async refund(
    db: Db,
    { reset, refund = [] }: { reset: readonly string[]; refund?: readonly string[] },
  ): Promise<void> {
    for (const key of reset) this.#full.delete(key);
    await refundUses(db, { keys: [...reset, ...refund], reset: [...reset] });
  }

  /** Extends the window of this exhausted limit to that instant, if it ends earlier. */
  async extend(db: Db, key: string, until: Date): Promise<void> {
    this.#full.delete(key);
    await db
      .update(rateLimits)
      .set({ windowEndsAt: sql`greatest(${rateLimits.windowEndsAt}, ${until.toISOString()}::timestamptz)` })
      .where(eq(rateLimits.key, key));
  }

  /** Deletes expired counters. It skips counters that are being updated, to avoid deadlocks. */
  async sweep(db: Db): Promise<void> {
    const { key, windowEndsAt } = rateLimits;
    const over = db
      .select({ key })
      .from(rateLimits)
      .where(lt(windowEndsAt, this.deps.clock.now()))
      .for("update", { skipLocked: true });
    await db.delete(rateLimits).where(inArray(key, over));
  }

  async #count(db: Db, limits: readonly Limit[], now: Date): Promise<Map<string, Counter>> {
    const counted = await countUses(db, {
      keys: limits.map(({ key }) => key),
      limits: limits.map(({ limit }) => limit),
      windows: limits.map(({ window }) => window),
      now: now.toISOString(),
    });
    return new Map(counted.map((row) => [row.key, row]));
  }
}

const { placeholder } = sql;

/** In the order of the keys, here and below, to avoid deadlocks. */
const countUses = prepared((db) => {
  const { key, used, windowEndsAt } = rateLimits;
  const limit = sql`(${placeholder("limits")}::int[])[array_position(${placeholder("keys")}::text[], ${key})]`;
  const over = sql`${windowEndsAt} <= ${placeholder("now")}::timestamptz`;
  return db
    .insert(rateLimits)
    .select(sql`
      select key, 1, ${placeholder("now")}::timestamptz + seconds * interval '1 second'
      from unnest(${placeholder("keys")}::text[], ${placeholder("windows")}::int[]) as uses (key, seconds) order by key`)
    .onConflictDoUpdate({
      target: key,
      set: {
        // A refused call consumes nothing, so that refunds of other calls make room.
        used: sql`case when ${over} then 1 else least(${used}, ${limit}) + 1 end`,
        windowEndsAt: sql`case when ${over} or ${used} + 1 = ${limit} then excluded.window_ends_at else ${windowEndsAt} end`,
      },
    })
    .returning()
    .prepare("count_uses");
});

const refundUses = prepared((db) => {
  const { key, used } = rateLimits;
  const rows = db
    .select({ key })
    .from(rateLimits)
    .where(sql`${key} = any(${placeholder("keys")}::text[])`)
    .orderBy(key)
    .for("update");
  const left = sql`case when ${key} = any(${placeholder("reset")}::text[]) then 0 else greatest(${used} - 1, 0) end`;
  return db.update(rateLimits).set({ used: left }).where(inArray(key, rows)).prepare("give_back_uses");
});

const earlier = (one: Date, other: Date): Date => (one < other ? one : other);

const refuse = (exceeded: Limit, until: Date, now: Date): ConsumeResult => ({
  exceeded,
  fresh: [],
  reached: [],
  left: 0,
  retryAfter: Math.max(1, Math.ceil((until.getTime() - now.getTime()) / SECOND)),
  remembered: false,
});
