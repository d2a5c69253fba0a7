import { index, pgTable, text } from "drizzle-orm/pg-core";
import { instant } from "../../platform/database/columns.ts";

/** Networks that a login came from which its owner denied. They are nobody's in particular: a thief changes accounts. */
export const suspiciousAddresses = pgTable(
  "suspicious_addresses",
  {
    /** An IPv4 address, or an IPv6 /64. */
    network: text("network").primaryKey(),
    deniedAt: instant("denied_at").notNull(),
  },
  (table) => [index("suspicious_addresses_age").on(table.deniedAt)],
);
