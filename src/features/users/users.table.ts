import { sql } from "drizzle-orm";
import { type AnyPgColumn, boolean, index, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { instant } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import { FACTORS } from "#shared/factors";
import type { UserId } from "#shared/ids";
import { ROLES } from "#shared/roles";
import { USER_STATUSES } from "./users.policy.ts";

type SearchedColumns = Record<"emailCanonical" | "usernameCanonical" | "name", AnyPgColumn>;

/** The text that a search looks into: a line each for address, username and name. No searched text has a line break. */
export const searchText = ({ emailCanonical, usernameCanonical, name }: SearchedColumns) =>
  sql`lower(${emailCanonical} || chr(10) || coalesce(${usernameCanonical}, '') || chr(10) || coalesce(${name}, ''))`;

/** The address as a key to sort by: byte by byte, so that a cursor means the same with every collation. */
export const emailOrder = ({ emailCanonical }: { readonly emailCanonical: AnyPgColumn }) =>
  sql`(${emailCanonical} collate "C")`;

/** The username as a key to sort by; empty, and so first, if the user has none. */
export const usernameOrder = ({ usernameCanonical }: { readonly usernameCanonical: AnyPgColumn }) =>
  sql`(coalesce(${usernameCanonical}, '') collate "C")`;

/** The part of the address behind the @. */
export const emailDomain = ({ emailCanonical }: { readonly emailCanonical: AnyPgColumn }) =>
  sql`split_part(${emailCanonical}, '@', 2)`;

/** People. Each belongs to one tenant; address and username are unique in the whole installation. */
export const users = pgTable(
  "users",
  {
    id: uuid("id").$type<UserId>().primaryKey(),
    tenantId: ofTenant(),
    /** As the user wrote it, for mail and for showing. */
    email: text("email").notNull(),
    /** What is compared: one canonical spelling, unique in the installation. */
    emailCanonical: text("email_canonical").notNull(),
    emailVerified: boolean("email_verified").notNull().default(false),
    username: text("username"),
    usernameCanonical: text("username_canonical"),
    name: text("name"),
    locale: text("locale").notNull().default("en"),
    status: text("status", { enum: USER_STATUSES }).notNull(),
    /**
     * What replicas of the previous version read and write of the home membership and of `isOperator`; triggers of the migration
     * `memberships` keep both sides the same.
     */
    roles: text("roles", { enum: ROLES }).array().notNull().default(["USER"]),
    /** Whether the user administers the installation. */
    isOperator: boolean("is_operator").notNull().default(false),
    passwordResetRequired: boolean("password_reset_required").notNull().default(false),
    /** Whether the next login proves a mailed code and then enrols a second factor, before it opens anything. */
    mustEnrol: boolean("must_enrol").notNull().default(false),
    /** The second factor to offer first, where the user chose one. */
    preferredFactor: text("preferred_factor", { enum: FACTORS }),
    lastLoginAt: instant("last_login_at"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    ...valueChecks(table),
    // `findUserByEmail`, `findAddressHolderForUpdate`, and logins by address (`findNamed`).
    unique("users_email_canonical_key").on(table.emailCanonical),
    // `findUserByUsername`, and logins by username (`findNamed`). For its name see docs/decisions/database-names.md.
    unique("users_username_unique").on(table.usernameCanonical),
    // `listUsers` of a tenant; the foreign key to tenants.
    index("users_tenant_id_id_idx").on(table.tenantId, table.id),
    // `listUsers` of one status, and `listUnprovedUserIds` at start.
    index("users_status_id_idx").on(table.status, table.id),
    // `listActiveAdmins`, `hasOtherActiveAdmin`: few have this role, and each change that could take the last admin looks for them.
    index("users_tenant_id_id_admins_idx").on(table.tenantId, table.id).where(sql`${table.roles} @> '{ADMIN}'`),
    // `listActiveOperators`, `hasOtherActiveOperator`.
    index("users_tenant_id_id_operators_idx").on(table.tenantId, table.id).where(sql`${table.roles} @> '{OPERATOR}'`),
    // `listUsers` with a search. Without fastupdate: a search would also read the list of rows that wait for the index.
    index("users_email_canonical_username_canonical_name_search_idx")
      .using("gin", sql`${searchText(table)} gin_trgm_ops`)
      .with({ fastupdate: false }),
    // `listUsers` of a tenant in the order of addresses.
    index("users_tenant_id_email_canonical_id_order_idx").on(table.tenantId, emailOrder(table), table.id),
    // `listUsers` of all tenants, likewise.
    index("users_email_canonical_id_order_idx").on(emailOrder(table), table.id),
    // `listUsers` of a tenant in the order of usernames.
    index("users_tenant_id_username_canonical_id_order_idx").on(table.tenantId, usernameOrder(table), table.id),
    // `listUsers` of all tenants, likewise.
    index("users_username_canonical_id_order_idx").on(usernameOrder(table), table.id),
    // `listUsers` of one e-mail domain.
    index("users_email_canonical_id_domain_idx").on(emailDomain(table), table.id),
    // `listUsers` with a search too short for trigrams, by prefix; in a tenant, too, because matches in other tenants are few.
    index("users_email_canonical_prefix_idx").on(table.emailCanonical.op("text_pattern_ops")),
    // `listUsers`, likewise.
    index("users_username_canonical_prefix_idx").on(table.usernameCanonical.op("text_pattern_ops")),
    // `listUsers`, likewise.
    index("users_name_prefix_idx").on(sql`lower(${table.name}) text_pattern_ops`),
  ],
);

/** The user that a row belongs to, with whom it is deleted, and their tenant. */
export const ofUser = () => ({
  tenantId: ofTenant(),
  userId: uuid("user_id")
    .$type<UserId>()
    .notNull()
    .references(() => users.id, { onDelete: "cascade" }),
});
