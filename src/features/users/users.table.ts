import { sql } from "drizzle-orm";
import { boolean, index, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { tenants } from "#features/tenants/tenants.table";
import { instant } from "#platform/database/columns";
import type { Factor } from "#shared/factors";
import type { TenantId, UserId } from "#shared/ids";
import type { Role } from "#shared/roles";
import type { UserStatus } from "./users.policy.ts";

/** People. Each belongs to one tenant; address and username are unique in the whole installation. */
export const users = pgTable(
  "users",
  {
    id: uuid("id").$type<UserId>().primaryKey(),
    tenantId: uuid("tenant_id")
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id),
    /** As the user wrote it, for mail and for showing. */
    email: text("email").notNull(),
    /** What is compared: one canonical spelling, unique in the installation. */
    emailCanonical: text("email_canonical").notNull(),
    emailVerified: boolean("email_verified").notNull().default(false),
    username: text("username"),
    usernameCanonical: text("username_canonical"),
    name: text("name"),
    locale: text("locale").notNull().default("en"),
    status: text("status").$type<UserStatus>().notNull(),
    roles: text("roles").array().$type<Role[]>().notNull().default(["USER"]),
    passwordResetRequired: boolean("password_reset_required").notNull().default(false),
    /** Whether the next login proves a mailed code and then enrols a second factor, before it opens anything. */
    mustEnrol: boolean("must_enrol").notNull().default(false),
    /** The second factor to offer first, where the user chose one. */
    preferredFactor: text("preferred_factor").$type<Factor>(),
    lastLoginAt: instant("last_login_at"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    unique("users_email_unique").on(table.emailCanonical),
    unique("users_username_unique").on(table.usernameCanonical),
    index("users_tenant_newest").on(table.tenantId, table.id),
    // Lists of one status, a tenant's or of all; the nightly sweep looks for those who never proved an address.
    index("users_tenant_status").on(table.tenantId, table.status, table.id),
    index("users_status").on(table.status, table.id),
    // Few have these roles, and they are looked for by every change that could take a tenant's last admin.
    index("users_admins").on(table.tenantId, table.id).where(sql`${table.roles} @> '{ADMIN}'`),
    index("users_operators").on(table.tenantId, table.id).where(sql`${table.roles} @> '{OPERATOR}'`),
    // Search by prefix within a tenant …
    index("users_search_email").on(table.tenantId, table.emailCanonical.op("text_pattern_ops")),
    index("users_search_username").on(table.tenantId, table.usernameCanonical.op("text_pattern_ops")),
    index("users_search_name").on(table.tenantId, sql`lower(${table.name}) text_pattern_ops`),
    // … and, for operators, within all of them.
    index("users_search_any_email").on(table.emailCanonical.op("text_pattern_ops")),
    index("users_search_any_username").on(table.usernameCanonical.op("text_pattern_ops")),
    index("users_search_any_name").on(sql`lower(${table.name}) text_pattern_ops`),
  ],
);
