import { sql } from "drizzle-orm";
import { index, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { instant, json } from "#platform/database/columns";
import type { DeviceDescription, Place } from "#shared/client";
import type { LoginAttemptId, TenantId, UserId } from "#shared/ids";
import type { RiskAssessment } from "#shared/risk";
import type { LoginOutcome } from "../flow/login.policy.ts";

/** Every try to log in, with what it came to. Partitioned by month, as the security events are. */
export const loginAttempts = pgTable(
  "login_attempts",
  {
    id: uuid("id").$type<LoginAttemptId>().notNull(),
    occurredAt: instant("occurred_at").notNull(),
    /** The tenant of the user; for an unknown identifier nobody's, and only operators see it. */
    tenantId: uuid("tenant_id").$type<TenantId>(),
    userId: uuid("user_id").$type<UserId>(),
    identifier: text("identifier").notNull(),
    outcome: text("outcome").$type<LoginOutcome>().notNull(),
    risk: json<RiskAssessment>("risk").notNull(),
    ipAddress: text("ip_address").notNull(),
    device: json<DeviceDescription>("device").notNull(),
    location: json<Place>("location"),
  },
  (table) => [
    primaryKey({ columns: [table.id, table.occurredAt] }),
    index("login_attempts_user_newest").on(table.userId, table.id),
    index("login_attempts_tenant_newest").on(table.tenantId, table.id),
    index("login_attempts_tenant_address").on(table.tenantId, table.ipAddress, table.id),
    index("login_attempts_address").on(table.ipAddress, table.id),
    // What the risk of a login is read from: whatever else somebody heaps up on his account, it is not walked through.
    index("login_attempts_successes").on(table.userId, table.id).where(sql`${table.outcome} = 'SUCCESS'`),
    index("login_attempts_failures")
      .on(table.userId, table.occurredAt)
      .where(sql`${table.outcome} in ('FAILED', 'LOCKED', 'DENIED')`),
  ],
);
