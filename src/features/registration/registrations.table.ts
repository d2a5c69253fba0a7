import { sql } from "drizzle-orm";
import { index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { timestamptz } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { RegistrationId, UserId } from "#shared/ids";
import { ROLES } from "#shared/roles";
import { REGISTRATION_STATUSES } from "./registration.policy.ts";

/**
 * Registration requests of visitors. A registration reserves nothing and cannot log in: the user is created when the address is
 * verified. `decided_by` has no foreign key, because registrations outlive admins.
 */
export const registrations = pgTable(
  "registrations",
  {
    id: uuid("id").$type<RegistrationId>().primaryKey(),
    tenantId: ofTenant(),
    email: text("email").notNull(),
    emailCanonical: text("email_canonical").notNull(),
    /** The desired username; assigned when the user is created, if still free. */
    username: text("username"),
    name: text("name"),
    locale: text("locale").notNull(),
    /** The roles of the user to be created. */
    roles: text("roles", { enum: ROLES }).array().notNull().default(["USER"]),
    /**
     * Applies only if the client that registered presents its challenge. Null if no password was chosen (the applicant logs in by
     * an account at a provider), and once the registration is rejected or closed.
     */
    passwordHash: text("password_hash"),
    status: text("status", { enum: REGISTRATION_STATUSES }).notNull(),
    /** The client's location, for the mail. Null if the IP address has no known location, and for registrations of earlier versions. */
    place: text("place"),
    requestedAt: timestamptz("requested_at").notNull(),
    decidedAt: timestamptz("decided_at"),
    decidedBy: uuid("decided_by").$type<UserId>(),
    reason: text("reason"),
    /** When a user was created with this address, by this registration or another. A closed registration never becomes a user. */
    closedAt: timestamptz("closed_at"),
  },
  (table) => [
    ...valueChecks(table),
    index("registrations_tenant_id_status_id_idx").on(table.tenantId, table.status, table.id),
    index("registrations_email_canonical_waiting_idx").on(table.emailCanonical).where(sql`${table.status} = 'PENDING'`),
    index("registrations_email_canonical_id_idx").on(table.emailCanonical, table.id),
  ],
);
