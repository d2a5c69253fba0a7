import { sql } from "drizzle-orm";
import { index, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { jsonb, timestamptz } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { DeviceDescription, GeoLocation } from "#shared/client-info";
import type { LoginAttemptId, TenantId, UserId } from "#shared/ids";
import type { RiskAssessment } from "#shared/risk";
import { LOGIN_OUTCOMES } from "../flow/login.policy.ts";

/** Login attempts with their outcomes. Partitioned by month, like the security events. */
export const loginAttempts = pgTable(
  "login_attempts",
  {
    id: uuid("id").$type<LoginAttemptId>().notNull(),
    occurredAt: timestamptz("occurred_at").notNull(),
    /** The user's tenant; null for an unknown identifier, which only operators see. */
    tenantId: uuid("tenant_id").$type<TenantId>(),
    userId: uuid("user_id").$type<UserId>(),
    identifier: text("identifier").notNull(),
    outcome: text("outcome", { enum: LOGIN_OUTCOMES }).notNull(),
    risk: jsonb<RiskAssessment>("risk").notNull(),
    ipAddress: text("ip_address").notNull(),
    device: jsonb<DeviceDescription>("device").notNull(),
    location: jsonb<GeoLocation>("location"),
  },
  (table) => [
    ...valueChecks(table),
    // `findLoginAttempt`, `updateIdentifiers`: an id contains its month.
    primaryKey({ name: "login_attempts_pkey", columns: [table.id, table.occurredAt] }),
    // `listLoginAttempts` of a user, `listUndigestedAttempts` without a user, `deleteLoginAttempts`.
    index("login_attempts_user_id_id_idx").on(table.userId, table.id),
    // `listLoginAttempts` of a tenant.
    index("login_attempts_tenant_id_id_idx").on(table.tenantId, table.id),
    // `listLoginAttempts` of a tenant by address: an attacker can fill an address, and a tenant, with other attempts …
    index("login_attempts_tenant_id_ip_address_id_idx").on(table.tenantId, table.ipAddress, table.id),
    // … and `listLoginAttempts` by address for operators.
    index("login_attempts_ip_address_id_idx").on(table.ipAddress, table.id),
    // `findLoginHistory`, for the risk of a login: skips other attempts on the account.
    index("login_attempts_user_id_id_successes_idx")
      .on(table.userId, table.id)
      .where(sql`${table.outcome} = 'SUCCESS'`),
    // `findLoginHistory`, likewise.
    index("login_attempts_user_id_occurred_at_failures_idx")
      .on(table.userId, table.occurredAt)
      .where(sql`${table.outcome} in ('FAILED', 'LOCKED', 'DENIED')`),
    // `hadRiskyAttempt`: few attempts are risky.
    index("login_attempts_tenant_id_user_id_occurred_at_risky_idx")
      .on(table.tenantId, table.userId, table.occurredAt)
      .where(sql`${table.risk} ->> 'level' in ('ELEVATED', 'HIGH')`),
  ],
);
