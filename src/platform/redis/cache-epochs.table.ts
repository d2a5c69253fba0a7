import { sql } from "drizzle-orm";
import { boolean, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { timestamptz } from "../database/columns.ts";

/** The channel on which Postgres publishes a new epoch. */
export const EPOCH_CHANNEL = "portcullis_cache_epoch";

/** One row: the epoch in which cached sessions are trusted. A new epoch invalidates everything in Redis that may be outdated. */
export const cacheEpochs = pgTable("cache_epochs", {
  only: boolean("only").primaryKey().default(true),
  epoch: uuid("epoch").notNull(),
  /** The identity of the Redis master on which the epoch began. Null: none yet. */
  master: text("master"),
  /** When it replaced another master. Null: it did not. */
  masterSince: timestamptz("master_since"),
  /** Masters that were replaced, newest last: none of them is trusted again. */
  formerMasters: text("former_masters").array().notNull().default(sql`'{}'`),
});

export interface CacheEpoch {
  readonly epoch: string;
  readonly master: string | null;
  /** How long ago it replaced another master, in milliseconds. Null: it did not. */
  readonly masterAge: number | null;
  readonly formerMasters: readonly string[];
}
