import { index, pgTable, text } from "drizzle-orm/pg-core";
import { timestamptz } from "#platform/database/columns";

/** Replaced by `denied_networks`. Nothing reads or writes it; it remains while the previous version is still serving. */
export const suspiciousIps = pgTable(
  "suspicious_addresses",
  {
    /** An IPv4 address, or an IPv6 /64. */
    network: text("network").primaryKey(),
    deniedAt: timestamptz("denied_at").notNull(),
  },
  (table) => [index("suspicious_addresses_denied_at_idx").on(table.deniedAt)],
);
