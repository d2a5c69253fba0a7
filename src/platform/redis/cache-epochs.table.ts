import { boolean, pgTable, uuid } from "drizzle-orm/pg-core";

/** One row: the epoch in which cached sessions are believed. A new one makes Redis forget everything it may have stale. */
export const cacheEpochs = pgTable("cache_epochs", {
  only: boolean("only").primaryKey().default(true),
  epoch: uuid("epoch").notNull(),
});
