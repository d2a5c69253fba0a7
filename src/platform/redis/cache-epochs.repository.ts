import { randomUUID } from "node:crypto";
import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { Db } from "../database/database.ts";
import { type CacheEpoch, cacheEpochs, EPOCH_CHANNEL } from "./cache-epochs.table.ts";

/** The channel on which Postgres publishes which keys must not be read from the cache. */
export const WITHHELD_CHANNEL = "portcullis_cache_withheld";

/** How many replaced masters are remembered. */
const MAX_FORMER = 100;

const { epoch, master, masterSince, formerMasters } = cacheEpochs;
const masterAge = sql<number | null>`(extract(epoch from clock_timestamp() - ${masterSince}) * 1000)::float8`;

/** The current epoch. */
export const findCacheEpoch = async (db: Db): Promise<CacheEpoch> => {
  const [row] = await db.select({ epoch, master, masterAge, formerMasters }).from(cacheEpochs);
  if (!row) throw new Error("The table cache_epochs has lost its row.");
  return row;
};

/** Begins a new epoch on the master of the current one, and publishes it. */
export const updateCacheEpoch = async (db: Db): Promise<void> => {
  await beginEpoch(db, master, sql`true`);
};

/**
 * Begins an epoch on this master, and publishes it. Null if that master was replaced by another one, or already has a usable
 * epoch (`needsNew` is false).
 */
export const updateCacheEpochMaster = (
  db: Db,
  newMaster: string,
  { needsNew }: { readonly needsNew: boolean },
): Promise<CacheEpoch | null> => {
  const next = sql`${newMaster}::text`;
  const isWanted = needsNew ? sql`true` : sql`${master} is distinct from ${next}`;
  return beginEpoch(db, next, sql`${isWanted} and not (${next} = any (${formerMasters}))`);
};

/** A single statement: the lock on the row orders the commits, and the messages are delivered in the same order. */
const beginEpoch = async (db: Db, next: SQLWrapper, condition: SQL): Promise<CacheEpoch | null> => {
  const isReplaced = sql`${master} <> ${next}`;
  const rows = await db.execute<{ [Key in keyof CacheEpoch]: CacheEpoch[Key] }>(sql`
    with next as (
      update ${cacheEpochs} set
        epoch = ${randomUUID()},
        master = ${next},
        master_since = case when ${isReplaced} then clock_timestamp() else ${masterSince} end,
        former_masters = case when ${isReplaced}
          then (${formerMasters} || ${master})[greatest(1, cardinality(${formerMasters}) + 2 - ${MAX_FORMER}):]
          else ${formerMasters} end
      where ${condition}
      returning ${epoch}, ${master}, ${masterAge} as age, ${formerMasters}
    )
    select epoch, master, age as "masterAge", former_masters as "formerMasters", pg_notify(${EPOCH_CHANNEL}, epoch::text)
    from next`);
  return rows[0] ?? null;
};

/** Publishes that the cached value of this key must be ignored. */
export const notifyWithheld = async (db: Db, key: string): Promise<void> => {
  await db.execute(sql`select pg_notify(${WITHHELD_CHANNEL}, ${key})`);
};
