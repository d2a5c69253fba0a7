import { index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { timestamptz } from "#platform/database/columns";
import type { InvitationId, LinkId, RegistrationId } from "#shared/ids";

/**
 * Single-use links in mails to addresses that have no user yet. The token in the link is derived from the row's id, so no secret
 * is stored here. At most one of registration, approval and invitation is set. They have no foreign keys, because their tables
 * belong to features that build on this one.
 */
export const addressLinks = pgTable(
  "address_links",
  {
    id: uuid("id").$type<LinkId>().primaryKey(),
    tenantId: ofTenant(),
    email: text("email").notNull(),
    emailCanonical: text("email_canonical").notNull(),
    purpose: text("purpose").notNull(),
    /** The registration whose password, name and username apply if its client presents the challenge. */
    registrationId: uuid("registration_id").$type<RegistrationId>(),
    /** The approved registration that admits the address. Its password, name and username never apply. */
    approvalId: uuid("approval_id").$type<RegistrationId>(),
    invitationId: uuid("invitation_id").$type<InvitationId>(),
    createdAt: timestamptz("created_at").notNull(),
    expiresAt: timestamptz("expires_at").notNull(),
    usedAt: timestamptz("used_at"),
  },
  (table) => [
    index("address_links_email_canonical_idx").on(table.emailCanonical),
    index("address_links_expires_at_idx").on(table.expiresAt),
    index("address_links_tenant_id_idx").on(table.tenantId),
    index("address_links_invitation_id_idx").on(table.invitationId),
  ],
);
