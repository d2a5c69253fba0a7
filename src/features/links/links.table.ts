import { index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { tenants } from "#features/tenants/tenants.table";
import { users } from "#features/users/users.table";
import { instant, json } from "#platform/database/columns";
import type { LinkId, TenantId, UserId } from "#shared/ids";

/** Links in mails, each good for one use. The token in the link is derived from the row's id: nothing secret lies here. */
export const links = pgTable(
  "links",
  {
    id: uuid("id").$type<LinkId>().primaryKey(),
    tenantId: uuid("tenant_id")
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id),
    userId: uuid("user_id")
      .$type<UserId>()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    purpose: text("purpose").notNull(),
    payload: json<object>("payload").notNull().default({}),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
    usedAt: instant("used_at"),
  },
  (table) => [
    index("links_user_id_purpose_idx").on(table.userId, table.purpose),
    index("links_expires_at_idx").on(table.expiresAt),
    index("links_tenant_id_idx").on(table.tenantId),
  ],
);
