import { index, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { ofUser } from "#features/users/users.table";
import { timestamptz } from "#platform/database/columns";
import type {} from "#shared/ids";

/**
 * Providers whose account the user has unlinked or reported as used by another person. An address there no longer links an account
 * automatically; only the user can link one explicitly.
 */
export const unlinkedProviders = pgTable(
  "unlinked_providers",
  {
    ...ofUser(),
    /** The provider's id in the settings. */
    provider: text("provider").notNull(),
    unlinkedAt: timestamptz("unlinked_at").notNull(),
  },
  (table) => [
    primaryKey({ name: "unlinked_providers_pkey", columns: [table.userId, table.provider] }),
    index("unlinked_providers_tenant_id_idx").on(table.tenantId),
  ],
);
