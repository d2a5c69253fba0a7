import { index, integer, pgTable, text } from "drizzle-orm/pg-core";
import { timestamptz } from "../database/columns.ts";

/** One counter for each key, kept for the length of its window. */
export const rateLimits = pgTable(
  "rate_limits",
  {
    key: text("key").primaryKey(),
    used: integer("used").notNull(),
    windowEndsAt: timestamptz("window_ends_at").notNull(),
  },
  (table) => [index("rate_limits_window_ends_at_idx").on(table.windowEndsAt)],
);
