import { index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { users } from "#features/users/users.table";
import { jsonb, timestamptz } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { SuspendedChangeId, UserId } from "#shared/ids";
import { type ChangeAside, SUSPENDED_CHANGE_KINDS } from "./suspended-changes.policy.ts";

/**
 * Changes that were made under step-up after a signing key had leaked. They have no effect until the user in whose name they were
 * made confirms them, because the changed data is stored here and nowhere else.
 */
export const suspendedChanges = pgTable(
  "suspended_changes",
  {
    id: uuid("id").$type<SuspendedChangeId>().primaryKey(),
    tenantId: ofTenant(),
    /** The user who can confirm it. */
    userId: uuid("user_id")
      .$type<UserId>()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    kind: text("kind", { enum: SUSPENDED_CHANGE_KINDS }).notNull(),
    change: jsonb<ChangeAside>("change").notNull(),
    madeAt: timestamptz("made_at").notNull(),
    suspendedAt: timestamptz("suspended_at").notNull(),
  },
  (table) => [
    ...valueChecks(table),
    index("suspended_changes_user_id_idx").on(table.userId),
    index("suspended_changes_tenant_id_idx").on(table.tenantId),
  ],
);
