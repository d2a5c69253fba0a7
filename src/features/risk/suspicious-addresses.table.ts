import { index, pgTable, text } from "drizzle-orm/pg-core";
import { instant } from "#platform/database/columns";

/** Replaced by `denied_networks`. Nothing reads or writes it; it remains while the previous version is still serving. */
export const suspiciousAddresses = pgTable(
  "suspicious_addresses",
  {
    /** An IPv4 address, or an IPv6 /64. */
    network: text("network").primaryKey(),
    deniedAt: instant("denied_at").notNull(),
  },
  (table) => [index("suspicious_addresses_denied_at_idx").on(table.deniedAt)],
);
