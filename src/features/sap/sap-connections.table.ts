import { boolean, index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { tenants } from "#features/tenants/tenants.table";
import { timestamptz } from "#platform/database/columns";
import type { TenantId } from "#shared/ids";

/** A tenant's SAP Gateway, and the services found there. */
export const sapConnections = pgTable(
  "sap_connections",
  {
    tenantId: uuid("tenant_id")
      .$type<TenantId>()
      .primaryKey()
      .references(() => tenants.id, { onDelete: "cascade" }),
    baseUrl: text("base_url").notNull(),
    /** Encrypted with the key ring; never returned. */
    credentials: text("credentials").notNull(),
    reachable: boolean("reachable").notNull(),
    checkedAt: timestamptz("checked_at").notNull(),
    /** The technical names of the services in its catalogue. */
    services: text("services").array().notNull(),
  },
  (table) => [index("sap_connections_checked_at_idx").on(table.checkedAt)],
);
