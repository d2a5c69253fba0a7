import { boolean, index, integer, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { timestamptz } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { TenantId, UserId } from "#shared/ids";
import { INTERVALS } from "./statistics.policy.ts";

/**
 * The roll-up of login attempts and security events: one row per tenant, interval and bucket with any activity. All four intervals
 * are stored, so that reads never sum. No foreign key, as for security events.
 */
export const tenantStatistics = pgTable(
  "tenant_statistics",
  {
    tenantId: uuid("tenant_id").$type<TenantId>().notNull(),
    interval: text("interval", { enum: INTERVALS }).notNull(),
    /** The start of the bucket, in UTC. */
    bucket: timestamptz("bucket").notNull(),
    success: integer("success").notNull(),
    failed: integer("failed").notNull(),
    challenged: integer("challenged").notNull(),
    locked: integer("locked").notNull(),
    denied: integer("denied").notNull(),
    riskLow: integer("risk_low").notNull(),
    riskMedium: integer("risk_medium").notNull(),
    riskElevated: integer("risk_elevated").notNull(),
    riskHigh: integer("risk_high").notNull(),
    newUsers: integer("new_users").notNull(),
    totpEnabled: integer("totp_enabled").notNull(),
    passkeysAdded: integer("passkeys_added").notNull(),
    activeUsers: integer("active_users").notNull(),
  },
  (table) => [
    ...valueChecks(table),
    // `listStatistics`.
    primaryKey({ name: "tenant_statistics_pkey", columns: [table.tenantId, table.interval, table.bucket] }),
    // `rollUpHours`, `rollUpLonger`, `deleteStatisticsBefore`.
    index("tenant_statistics_interval_bucket_idx").on(table.interval, table.bucket),
  ],
);

/**
 * The users who logged in during the current day, week and month, because distinct users cannot be summed. Deleted some days after
 * the bucket ended. The column is not called `user_id`, so that rows do not move with the user's home (`move_home`): statistics
 * stay in the tenant of the activity.
 */
export const statisticsActiveUsers = pgTable(
  "statistics_active_users",
  {
    tenantId: uuid("tenant_id").$type<TenantId>().notNull(),
    interval: text("interval", { enum: ["DAY", "WEEK", "MONTH"] }).notNull(),
    bucket: timestamptz("bucket").notNull(),
    activeUserId: uuid("active_user_id").$type<UserId>().notNull(),
  },
  (table) => [
    ...valueChecks(table),
    // `countActiveUsers`, `deleteActiveUsersBefore`.
    primaryKey({
      name: "statistics_active_users_pkey",
      columns: [table.interval, table.bucket, table.tenantId, table.activeUserId],
    }),
  ],
);

/** One row: everything before this instant is counted. */
export const statisticsProgress = pgTable("statistics_progress", {
  only: boolean("only").primaryKey().default(true),
  rolledUpTo: timestamptz("rolled_up_to").notNull(),
});
