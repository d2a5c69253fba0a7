import { index, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { tenants } from "#features/tenants/tenants.table";
import { timestamptz } from "#platform/database/columns";
import type { TenantId } from "#shared/ids";

/** Networks of logins that their owner denied. They are suspicious only in the owner's tenant, so no tenant affects another. */
export const deniedNetworks = pgTable(
  "denied_networks",
  {
    tenantId: uuid("tenant_id")
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id, { onDelete: "cascade" }),
    /** An IPv4 address, or an IPv6 /64. */
    network: text("network").notNull(),
    deniedAt: timestamptz("denied_at").notNull(),
  },
  (table) => [
    primaryKey({ name: "denied_networks_pkey", columns: [table.tenantId, table.network] }),
    index("denied_networks_denied_at_idx").on(table.deniedAt),
  ],
);
