import { sql } from "drizzle-orm";
import { index, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { ofUser } from "#features/users/users.table";
import { timestamptz } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { FactorResetId, UserId } from "#shared/ids";
import { FACTOR_RESET_ORIGINS } from "./factor-resets.policy.ts";

/** Resets of lost second factors, one at a time per user. Each waits so that the owner can stop it, unless a second admin approves. */
export const factorResets = pgTable(
  "factor_resets",
  {
    id: uuid("id").$type<FactorResetId>().primaryKey(),
    ...ofUser(),
    origin: text("origin", { enum: FACTOR_RESET_ORIGINS }).notNull(),
    /** The admin who requested it; null if the user did, or if it was done on the server. */
    requestedBy: uuid("requested_by").$type<UserId>(),
    /** The second admin, whose approval ended the wait. */
    approvedBy: uuid("approved_by").$type<UserId>(),
    requestedAt: timestamptz("requested_at").notNull(),
    dueAt: timestamptz("due_at").notNull(),
    /** When the owner was last notified. */
    notifiedAt: timestamptz("told_at").notNull(),
    cancelledAt: timestamptz("cancelled_at"),
    doneAt: timestamptz("done_at"),
  },
  (table) => [
    ...valueChecks(table),
    uniqueIndex("factor_resets_user_id_pending_key")
      .on(table.userId)
      .where(sql`${table.cancelledAt} is null and ${table.doneAt} is null`),
    index("factor_resets_user_id_id_idx").on(table.userId, table.id),
    index("factor_resets_tenant_id_idx").on(table.tenantId),
  ],
);
