import { index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { ofUser } from "#features/users/users.table";
import { jsonb, timestamptz } from "#platform/database/columns";
import type { LinkId } from "#shared/ids";

/** Single-use links in mails. The token in the link is derived from the row's id, so no secret is stored here. */
export const links = pgTable(
  "links",
  {
    id: uuid("id").$type<LinkId>().primaryKey(),
    ...ofUser(),
    purpose: text("purpose").notNull(),
    payload: jsonb<object>("payload").notNull().default({}),
    createdAt: timestamptz("created_at").notNull(),
    expiresAt: timestamptz("expires_at").notNull(),
    usedAt: timestamptz("used_at"),
  },
  (table) => [
    index("links_user_id_purpose_idx").on(table.userId, table.purpose),
    index("links_expires_at_idx").on(table.expiresAt),
    index("links_tenant_id_idx").on(table.tenantId),
  ],
);
