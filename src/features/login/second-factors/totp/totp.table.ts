import { index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { users } from "#features/users/users.table";
import { instant } from "#platform/database/columns";
import type { SessionId, UserId } from "#shared/ids";

/** Authenticator apps: one a user. Secrets are encrypted with the key ring. */
export const totpSecrets = pgTable(
  "totp_secrets",
  {
    userId: uuid("user_id")
      .$type<UserId>()
      .primaryKey()
      .references(() => users.id, { onDelete: "cascade" }),
    tenantId: ofTenant(),
    /** What codes are checked against; null until the first one is confirmed. */
    secret: text("secret"),
    enabledAt: instant("enabled_at"),
    /** The session that created it. Null: none did, or it is older than this record. */
    createdBySession: uuid("created_by_session").$type<SessionId>(),
    /** The newest time step whose code was accepted: neither it nor an older one is accepted again (RFC 6238, section 5.2). */
    lastStep: integer("last_step").notNull().default(0),
    /** What `confirmTotp` puts in force. */
    pendingSecret: text("pending_secret"),
    pendingSince: instant("pending_since"),
    /** The session that began it, which alone can confirm it, and the epoch of its elevations at that time. */
    pendingBySession: uuid("pending_by_session").$type<SessionId>(),
    pendingEpoch: integer("pending_epoch"),
  },
  (table) => [index("totp_secrets_tenant_id_idx").on(table.tenantId)],
);
