import { index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { users } from "#features/users/users.table";
import { timestamptz } from "#platform/database/columns";
import type { SessionId, UserId } from "#shared/ids";

/** Authenticator apps, one per user. Secrets are encrypted with the key ring. */
export const totpSecrets = pgTable(
  "totp_secrets",
  {
    userId: uuid("user_id")
      .$type<UserId>()
      .primaryKey()
      .references(() => users.id, { onDelete: "cascade" }),
    tenantId: ofTenant(),
    /** The secret that codes are verified against; null until the first code is confirmed. */
    secret: text("secret"),
    enabledAt: timestamptz("enabled_at"),
    /** The session that created it. Null if no session did, or if it is older than this column. */
    createdBySession: uuid("created_by_session").$type<SessionId>(),
    /** The newest time step whose code was accepted. It and older steps are not accepted again (RFC 6238, section 5.2). */
    lastStep: integer("last_step").notNull().default(0),
    /** The secret that `confirmTotp` activates. */
    pendingSecret: text("pending_secret"),
    pendingSince: timestamptz("pending_since"),
    /** The session that started the setup, the only one that can confirm it, and the epoch of its elevations at that time. */
    pendingBySession: uuid("pending_by_session").$type<SessionId>(),
    pendingEpoch: integer("pending_epoch"),
  },
  (table) => [index("totp_secrets_tenant_id_idx").on(table.tenantId)],
);
