import { integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import type { Locale } from "#shared/locales";
import { instant } from "../database/columns.ts";

/** Security notices beyond their recipient's budget, until one mail tells of all of them. */
export const heldNotices = pgTable(
  "held_notices",
  {
    recipient: text("recipient").notNull(),
    template: text("template").notNull(),
    locale: text("locale").$type<Locale>().notNull(),
    count: integer("count").notNull(),
    lastAt: instant("last_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.recipient, table.template] })],
);
