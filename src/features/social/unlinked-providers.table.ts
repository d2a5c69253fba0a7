import { index, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { tenants } from "#features/tenants/tenants.table";
import { users } from "#features/users/users.table";
import { instant } from "#platform/database/columns";
import type { TenantId, UserId } from "#shared/ids";

/**
 * Providers whose account a user has unlinked, or by whose account somebody else came. It is the same person's address there
 * as before, so an address links nothing of theirs any more; the user does, by hand.
 */
export const unlinkedProviders = pgTable(
  "unlinked_providers",
  {
    tenantId: uuid("tenant_id")
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id),
    userId: uuid("user_id")
      .$type<UserId>()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** The provider's id in the settings. */
    provider: text("provider").notNull(),
    unlinkedAt: instant("unlinked_at").notNull(),
  },
  (table) => [
    primaryKey({ name: "unlinked_providers_pkey", columns: [table.userId, table.provider] }),
    index("unlinked_providers_tenant_id_idx").on(table.tenantId),
  ],
);
