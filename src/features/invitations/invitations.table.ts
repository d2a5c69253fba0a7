import { sql } from "drizzle-orm";
import { index, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { users } from "#features/users/users.table";
import { timestamptz } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { InvitationId, RegistrationId, RoleId, UserId } from "#shared/ids";
import { ROLES } from "#shared/roles";

/** Invitations. They reserve nothing and cannot log in: a user exists only after the address is verified. */
export const invitations = pgTable(
  "invitations",
  {
    id: uuid("id").$type<InvitationId>().primaryKey(),
    tenantId: ofTenant(),
    email: text("email").notNull(),
    emailCanonical: text("email_canonical").notNull(),
    name: text("name"),
    /** The built-in roles, under the names of the previous version. */
    roles: text("roles", { enum: ROLES }).array().notNull(),
    /** The tenant's own roles, by id. A role that was deleted since grants nothing. */
    roleIds: uuid("role_ids").$type<RoleId>().array().notNull().default([]),
    locale: text("locale").notNull(),
    /** Null if the inviter was deleted. The invitation is void then. */
    invitedBy: uuid("invited_by")
      .$type<UserId>()
      .references(() => users.id, { onDelete: "set null" }),
    /** The approved registration that it comes from; null if an admin sent it. */
    registrationId: uuid("registration_id").$type<RegistrationId>(),
    invitedAt: timestamptz("invited_at").notNull(),
    expiresAt: timestamptz("expires_at").notNull(),
    acceptedAt: timestamptz("accepted_at"),
    revokedAt: timestamptz("revoked_at"),
    /** When the invited user declined. `revokedAt` has the same time, for the previous version and the index. */
    declinedAt: timestamptz("declined_at"),
    /** When the inviter lost the right to invite. Regaining the right does not restore the invitation. */
    voidedAt: timestamptz("voided_at"),
  },
  (table) => [
    ...valueChecks(table),
    index("invitations_tenant_id_id_idx").on(table.tenantId, table.id),
    index("invitations_invited_by_idx").on(table.invitedBy),
    index("invitations_expires_at_idx").on(table.expiresAt),
    uniqueIndex("invitations_tenant_id_email_canonical_open_key")
      .on(table.tenantId, table.emailCanonical)
      .where(sql`accepted_at is null and revoked_at is null and voided_at is null`),
  ],
);
