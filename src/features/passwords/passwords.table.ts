import { index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { instant } from "../../platform/database/columns.ts";
import type { TenantId, UserId } from "../../shared/ids.ts";
import { tenants } from "../tenants/tenants.table.ts";
import { users } from "../users/users.table.ts";

/** Password accounts: the one way in that a user proves by knowing. */
export const passwords = pgTable(
  "passwords",
  {
    userId: uuid("user_id")
      .$type<UserId>()
      .primaryKey()
      .references(() => users.id, { onDelete: "cascade" }),
    tenantId: uuid("tenant_id")
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id),
    /** A PHC string (argon2id), or what another system made and the next login replaces. */
    hash: text("hash").notNull(),
    changedAt: instant("changed_at").notNull(),
  },
  (table) => [index("passwords_tenant").on(table.tenantId)],
);
