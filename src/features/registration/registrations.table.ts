import { sql } from "drizzle-orm";
import { index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { instant } from "../../platform/database/columns.ts";
import type { RegistrationId, TenantId, UserId } from "../../shared/ids.ts";
import { tenants } from "../tenants/tenants.table.ts";
import type { RegistrationStatus } from "./registration.policy.ts";

/** What visitors asked for where an admin decides. No foreign key to whoever decided: registrations outlive admins. */
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
    username: text("username"),
    name: text("name"),
    locale: text("locale").notNull(),
    /**
     * Null once it is decided, for the hash goes with the approval's link, or nowhere; and where no password was wanted, as
     * who asks logs in by an account at a provider.
     */
    passwordHash: text("password_hash"),
    status: text("status").$type<RegistrationStatus>().notNull(),
    requestedAt: instant("requested_at").notNull(),
    decidedAt: instant("decided_at"),
    decidedBy: uuid("decided_by").$type<UserId>(),
    reason: text("reason"),
  },
  (table) => [
    index("registrations_tenant_newest").on(table.tenantId, table.status, table.id),
    index("registrations_waiting").on(table.emailCanonical).where(sql`${table.status} = 'PENDING'`),
  ],
);
