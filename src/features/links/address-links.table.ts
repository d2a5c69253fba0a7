import { index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { instant } from "#platform/database/columns";
import type { InvitationId, LinkId, RegistrationId } from "#shared/ids";

/**
 * Links in mails to addresses that have no user yet, each good for one use. The token in the link is derived from the row's id:
 * nothing secret is stored here. At most one of registration, approval and invitation is set; no foreign keys: they belong to
 * later features.
 */
export const addressLinks = pgTable(
  "address_links",
  {
    id: uuid("id").$type<LinkId>().primaryKey(),
    tenantId: ofTenant(),
    email: text("email").notNull(),
    emailCanonical: text("email_canonical").notNull(),
    purpose: text("purpose").notNull(),
    /** The registration whose password, name and username apply if its client presents its challenge. */
    registrationId: uuid("registration_id").$type<RegistrationId>(),
    /** The approved registration that lets the address in; its password, name and username never apply. */
    approvalId: uuid("approval_id").$type<RegistrationId>(),
    invitationId: uuid("invitation_id").$type<InvitationId>(),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
    usedAt: instant("used_at"),
  },
  (table) => [
    index("address_links_email_canonical_idx").on(table.emailCanonical),
    index("address_links_expires_at_idx").on(table.expiresAt),
    index("address_links_tenant_id_idx").on(table.tenantId),
    index("address_links_invitation_id_idx").on(table.invitationId),
  ],
);
