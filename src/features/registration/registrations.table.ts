import { sql } from "drizzle-orm";
import { index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { instant } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { RegistrationId, UserId } from "#shared/ids";
import { ROLES } from "#shared/roles";
import { REGISTRATION_STATUSES } from "./registration.policy.ts";

/**
 * What visitors asked for. A registration reserves nothing and cannot log in: a user exists only once the address is proved.
 * No foreign key to whoever decided: registrations outlive admins.
 */
export const registrations = pgTable(
  "registrations",
  {
    id: uuid("id").$type<RegistrationId>().primaryKey(),
    tenantId: ofTenant(),
    email: text("email").notNull(),
    emailCanonical: text("email_canonical").notNull(),
    /** The username that the applicant would like; it is given when the user is created, if it is free then. */
    username: text("username"),
    name: text("name"),
    locale: text("locale").notNull(),
    /** What the user may do once there is one. */
    roles: text("roles", { enum: ROLES }).array().notNull().default(["USER"]),
    /**
     * It applies only if the client that registered presents its challenge. Null if no password was chosen (the applicant logs
     * in by an account at a provider), and once the registration is rejected or closed.
     */
    passwordHash: text("password_hash"),
    status: text("status", { enum: REGISTRATION_STATUSES }).notNull(),
    /** Where it came from, for the mail. Null if the address does not tell, and for registrations of earlier versions. */
    place: text("place"),
    requestedAt: instant("requested_at").notNull(),
    decidedAt: instant("decided_at"),
    decidedBy: uuid("decided_by").$type<UserId>(),
    reason: text("reason"),
    /** When a user was created with this address, by this registration or another: nothing can come of it any more. */
    closedAt: instant("closed_at"),
  },
  (table) => [
    ...valueChecks(table),
    index("registrations_tenant_id_status_id_idx").on(table.tenantId, table.status, table.id),
    index("registrations_email_canonical_waiting_idx").on(table.emailCanonical).where(sql`${table.status} = 'PENDING'`),
    index("registrations_email_canonical_id_idx").on(table.emailCanonical, table.id),
  ],
);
