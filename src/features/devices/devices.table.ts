import { index, integer, pgTable, primaryKey, unique, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { ofUser, users } from "#features/users/users.table";
import { bytea, jsonb, timestamptz } from "#platform/database/columns";
import type { DeviceDescription, GeoLabel } from "#shared/client-info";
import type { DeviceId, SessionId, UserId } from "#shared/ids";

/** The devices that a user has logged in from. A device is recognised by its random token, of which only the hash is stored. */
export const devices = pgTable(
  "devices",
  {
    id: uuid("id").$type<DeviceId>().primaryKey(),
    ...ofUser(),
    tokenHash: bytea("token_hash").notNull(),
    description: jsonb<DeviceDescription>("description").notNull(),
    /** Null: known, but not trusted. */
    trustedAt: timestamptz("trusted_at"),
    /** The session of the first login. Null if the device was confirmed by mail before, or predates this column. */
    createdBySession: uuid("created_by_session").$type<SessionId>(),
    firstSeenAt: timestamptz("first_seen_at").notNull(),
    lastUsedAt: timestamptz("last_used_at").notNull(),
    /** The location of the last login from the device. */
    lastLocation: jsonb<GeoLabel>("last_location"),
    loginCount: integer("login_count").notNull().default(0),
  },
  (table) => [
    unique("devices_user_id_token_hash_key").on(table.userId, table.tokenHash),
    index("devices_tenant_id_user_id_idx").on(table.tenantId, table.userId),
    // For the sweep: devices unused for long were first seen before that. No index contains a column that a login writes.
    index("devices_first_seen_at_idx").on(table.firstSeenAt),
  ],
);

/** Devices that were forgotten in the last days. An unwanted e-mail change can still be undone from them. */
export const forgottenDevices = pgTable(
  "forgotten_devices",
  {
    userId: uuid("user_id")
      .$type<UserId>()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    tenantId: ofTenant(),
    tokenHash: bytea("token_hash").notNull(),
    firstSeenAt: timestamptz("first_seen_at").notNull(),
    forgottenAt: timestamptz("forgotten_at").notNull(),
  },
  (table) => [
    primaryKey({ name: "forgotten_devices_pkey", columns: [table.userId, table.tokenHash] }),
    index("forgotten_devices_forgotten_at_idx").on(table.forgottenAt),
    index("forgotten_devices_tenant_id_idx").on(table.tenantId),
  ],
);
