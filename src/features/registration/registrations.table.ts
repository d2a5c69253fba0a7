import { sql } from "drizzle-orm";
import { index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { tenants } from "#features/tenants/tenants.table";
import { instant } from "#platform/database/columns";
import type { RegistrationId, TenantId, UserId } from "#shared/ids";
import type { Role } from "#shared/roles";
import type { RegistrationStatus } from "./registration.policy.ts";

/**
 * What visitors asked for. A registration reserves nothing and cannot log in: a user exists only once the address is proved.
 * No foreign key to whoever decided: registrations outlive admins.
 */
export const registrations = pgTable(
  "registrations",
  {
    id: uuid("id").$type<RegistrationId>().primaryKey(),
    tenantId: uuid("tenant_id")
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id),
    email: text("email").notNull(),
    emailCanonical: text("email_canonical").notNull(),
    /** The username that the applicant would like; it is given when the user is created, if it is free then. */
    username: text("username"),
    name: text("name"),
    locale: text("locale").notNull(),
    /** What the user may do once there is one. */
    roles: text("roles").array().$type<Role[]>().notNull().default(["USER"]),
    /**
     * It applies only if the client that registered presents its challenge. Null if no password was chosen (the applicant logs
     * in by an account at a provider), and once the registration is rejected or closed.
     */
    passwordHash: text("password_hash"),
    status: text("status").$type<RegistrationStatus>().notNull(),
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
    index("registrations_tenant_newest").on(table.tenantId, table.status, table.id),
    index("registrations_waiting").on(table.emailCanonical).where(sql`${table.status} = 'PENDING'`),
    index("registrations_address").on(table.emailCanonical, table.id),
  ],
);
