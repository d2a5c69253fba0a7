import { eq, inArray, lt, sql } from "drizzle-orm";
import { after, SECOND } from "#shared/durations";
import type { Clock } from "../clock.ts";
import type { Db } from "../database/database.ts";
import { statement } from "../database/statement.ts";
import { createLruCache } from "../lru-cache.ts";
import { rateLimits } from "./rate-limits.table.ts";

/** At most `limit` uses of `key` in `window` seconds; reaching the limit restarts the window. */
export interface Limit {
  readonly key: string;
  readonly limit: number;
  readonly window: number;
}

export interface Taken {
  /** The limit that was already used up, or null where all of them had room. */
  readonly exceeded: Limit | null;
  /** The limits whose first use this was: nobody else uses them, or has done so in vain, within their window. */
  readonly fresh: readonly Limit[];
  /** The limits whose last use this was. */
  readonly reached: readonly Limit[];
  /** How many more uses there are until the first of the limits is reached. */
  readonly left: number;
  /** Seconds until there is room again; 0 where there is. */
  readonly retryAfter: number;
  /** Refused from memory, without asking Postgres. */
  readonly remembered: boolean;
}

/** How long a key that was found used up is not asked for again, in milliseconds. */
const REMEMBERED = 2 * SECOND;

interface Counter {
  readonly used: number;
  readonly windowEndsAt: Date;
}

/**
 * Counts before anything is checked: `take` is one atomic statement for all keys, so parallel callers on any number of
 * replicas together get at most the limit. The counters live in Postgres only: what limits guessing must hold when Redis
 * is flushed or comes back with old data, and what it guards (a hash, a mail) costs far more than an upsert. A key found
 * used up is remembered in the process for a moment, so that a flood is refused without asking the database; not for longer,
 * because another replica may have forgotten it, and uses in flight may be given back.
 */
export class Limits {
  readonly #full = createLruCache<string, { readonly until: Date; readonly askAgainAt: Date }>(50_000);

  constructor(private readonly deps: { clock: Clock }) {}

  /** Takes one use of each limit. When one of them is used up, the caller must not go on, and none of the others is used. */
  async take(db: Db, limits: readonly Limit[]): Promise<Taken> {
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
      // Nothing was weighed: one address that goes on and on must not use up what others have left.
      const uncounted = limits.filter((limit) => counterOf(limit).used <= limit.limit).map(({ key }) => key);
      if (uncounted.length > 0) await giveBackUses(db, { keys: uncounted, reset: [] });
      this.#full.set(exceeded.key, { until, askAgainAt: earlier(until, after(now, REMEMBERED)) });
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
   * The call turned out to be harmless: in one statement, forgets the counters of `reset` (their owner has proved who he is)
   * and gives one use of each of `giveBack` back.
   */
  async settle(
    db: Db,
    { reset, giveBack = [] }: { reset: readonly string[]; giveBack?: readonly string[] },
  ): Promise<void> {
    for (const key of reset) this.#full.delete(key);
    await giveBackUses(db, { keys: [...reset, ...giveBack], reset: [...reset] });
  }

  /** The limit of this key, which is used up, stays so until that instant, if its window ends earlier. */
  async extend(db: Db, key: string, until: Date): Promise<void> {
    this.#full.delete(key);
    await db
      .update(rateLimits)
      .set({ windowEndsAt: sql`greatest(${rateLimits.windowEndsAt}, ${until.toISOString()}::timestamptz)` })
      .where(eq(rateLimits.key, key));
  }

  /** Deletes what has run out. What somebody counts at this moment is left, so that nobody waits for the other in a circle. */
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

/** In the order of the keys, here and below, so that two callers never wait for each other. */
const countUses = statement((db) => {
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
        // Who is refused has used nothing: what the others give back makes room.
        used: sql`case when ${over} then 1 else least(${used}, ${limit}) + 1 end`,
        windowEndsAt: sql`case when ${over} or ${used} + 1 = ${limit} then excluded.window_ends_at else ${windowEndsAt} end`,
      },
    })
    .returning()
    .prepare("count_uses");
});

const giveBackUses = statement((db) => {
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

const refuse = (exceeded: Limit, until: Date, now: Date): Taken => ({
  exceeded,
  fresh: [],
  reached: [],
  left: 0,
  retryAfter: Math.max(1, Math.ceil((until.getTime() - now.getTime()) / SECOND)),
  remembered: false,
});
