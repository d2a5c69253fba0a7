import { index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { tenants } from "#features/tenants/tenants.table";
import { users } from "#features/users/users.table";
import { instant, json } from "#platform/database/columns";
import type { SuspendedChangeId, TenantId, UserId } from "#shared/ids";
import type { ChangeAside, SuspendedChangeKind } from "./suspended-changes.policy.ts";

/**
 * Changes that were made under step-up while a signing key had leaked. They count for nothing until the user in whose name
 * they were made confirms them: what they are about lies here, and nowhere else.
 */
export const suspendedChanges = pgTable(
  "suspended_changes",
  {
    id: uuid("id").$type<SuspendedChangeId>().primaryKey(),
    tenantId: uuid("tenant_id")
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id),
    /** Who can confirm it. */
    userId: uuid("user_id")
      .$type<UserId>()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    kind: text("kind").$type<SuspendedChangeKind>().notNull(),
    change: json<ChangeAside>("change").notNull(),
    madeAt: instant("made_at").notNull(),
    suspendedAt: instant("suspended_at").notNull(),
  },
  (table) => [index("suspended_changes_user").on(table.userId), index("suspended_changes_tenant").on(table.tenantId)],
);
