import { sql } from "drizzle-orm";
import { boolean, index, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { instant } from "../../platform/database/columns.ts";
import type { Factor } from "../../shared/factors.ts";
import type { TenantId, UserId } from "../../shared/ids.ts";
import type { Role } from "../../shared/roles.ts";
import { tenants } from "../tenants/tenants.table.ts";
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
    /** The second factor to offer first, where the user chose one. */
    preferredFactor: text("preferred_factor").$type<Factor>(),
    lastLoginAt: instant("last_login_at"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    unique("users_email_unique").on(table.emailCanonical),
    unique("users_username_unique").on(table.usernameCanonical),
    index("users_tenant_newest").on(table.tenantId, table.id),
    // Search by prefix within a tenant.
    index("users_search_email").on(table.tenantId, table.emailCanonical.op("text_pattern_ops")),
    index("users_search_username").on(table.tenantId, table.usernameCanonical.op("text_pattern_ops")),
    index("users_search_name").on(table.tenantId, sql`lower(${table.name}) text_pattern_ops`),
  ],
);
