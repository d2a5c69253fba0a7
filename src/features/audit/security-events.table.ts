import { index, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { jsonb, timestamptz } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { DeviceDescription, GeoLabel } from "#shared/client-info";
import type { SecurityEventId, TenantId, UserId } from "#shared/ids";
import { SECURITY_EVENT_TYPES } from "./security-events.policy.ts";

/**
 * Security events, written in the transaction of the change that they describe: the user's security history and the outbox in one.
 * Partitioned by month (see the migration). The time in an id is `occurredAt`, so an id alone identifies its partition.
 * No foreign keys, because events outlive their user, without personal data.
 */
export const securityEvents = pgTable(
  "security_events",
  {
    id: uuid("id").$type<SecurityEventId>().notNull(),
    occurredAt: timestamptz("occurred_at").notNull(),
    tenantId: uuid("tenant_id").$type<TenantId>().notNull(),
    userId: uuid("user_id").$type<UserId>(),
    type: text("type", { enum: SECURITY_EVENT_TYPES }).notNull(),
    ipAddress: text("ip_address"),
    device: jsonb<DeviceDescription>("device"),
    location: jsonb<GeoLabel>("location"),
    details: jsonb<Record<string, unknown>>("details").notNull().default({}),
  },
  (table) => [
    ...valueChecks(table),
    // `findSecurityEvent`, `listSecurityEventsById`: an id contains its month.
    primaryKey({ name: "security_events_pkey", columns: [table.id, table.occurredAt] }),
    // `listSecurityEvents` of a user, `listSecurityEventsOfUsersSince`.
    index("security_events_user_id_id_idx").on(table.userId, table.id),
    // `listSecurityEvents` of a tenant.
    index("security_events_tenant_id_id_idx").on(table.tenantId, table.id),
    // `listEventsByType`: finds rare events of a tenant without scanning the others.
    index("security_events_tenant_id_type_id_idx").on(table.tenantId, table.type, table.id),
  ],
);
