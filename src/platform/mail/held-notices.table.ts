import { integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { LOCALES } from "#shared/locales";
import { timestamptz } from "../database/columns.ts";
import { valueChecks } from "../database/value-checks.ts";

/** Security notices that exceeded their recipient's budget, until one mail lists all of them. */
export const heldNotices = pgTable(
  "held_notices",
  {
    recipient: text("recipient").notNull(),
    template: text("template").notNull(),
    locale: text("locale", { enum: LOCALES }).notNull(),
    count: integer("count").notNull(),
    lastAt: timestamptz("last_at").notNull(),
  },
  (table) => [
    ...valueChecks(table),
    primaryKey({ name: "held_notices_pkey", columns: [table.recipient, table.template] }),
  ],
);
