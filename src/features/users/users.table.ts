import { sql } from "drizzle-orm";
import { type AnyPgColumn, boolean, index, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { timestamptz } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import { FACTORS } from "#shared/factors";
import type { UserId } from "#shared/ids";
import { ROLES } from "#shared/roles";
import { USER_STATUSES } from "./users.policy.ts";

type SearchedColumns = Record<"emailCanonical" | "usernameCanonical" | "name", AnyPgColumn>;

/** The text for searches: one line each for address, username and name. Searched texts contain no line break. */
export const searchText = ({ emailCanonical, usernameCanonical, name }: SearchedColumns) =>
  sql`lower(${emailCanonical} || chr(10) || coalesce(${usernameCanonical}, '') || chr(10) || coalesce(${name}, ''))`;

/** The address as a sort key: bytewise, so that a cursor is valid with every collation. */
export const emailOrder = ({ emailCanonical }: { readonly emailCanonical: AnyPgColumn }) =>
  sql`(${emailCanonical} collate "C")`;

/** The username as a sort key; empty, and therefore first, if not set. */
export const usernameOrder = ({ usernameCanonical }: { readonly usernameCanonical: AnyPgColumn }) =>
  sql`(coalesce(${usernameCanonical}, '') collate "C")`;

/** The part of the address after the @. */
export const emailDomain = ({ emailCanonical }: { readonly emailCanonical: AnyPgColumn }) =>
  sql`split_part(${emailCanonical}, '@', 2)`;

/** People. Each has one home tenant; address and username are unique in the installation. */
export const users = pgTable(
  "users",
  {
    id: uuid("id").$type<UserId>().primaryKey(),
    tenantId: ofTenant(),
    /** As entered by the user, for mail and display. */
    email: text("email").notNull(),
    /** The canonical form for comparisons, unique in the installation. */
    emailCanonical: text("email_canonical").notNull(),
    emailVerified: boolean("email_verified").notNull().default(false),
    username: text("username"),
    usernameCanonical: text("username_canonical"),
    name: text("name"),
    locale: text("locale").notNull().default("en"),
    status: text("status", { enum: USER_STATUSES }).notNull(),
    /**
     * The home membership's roles and `isOperator`, as replicas of the previous version read and write them; triggers of the
     * migration `memberships` keep both sides in sync.
     */
    roles: text("roles", { enum: ROLES }).array().notNull().default(["USER"]),
    /** Whether the user administers the installation. */
    isOperator: boolean("is_operator").notNull().default(false),
    passwordResetRequired: boolean("password_reset_required").notNull().default(false),
    /** Whether the next login requires a mailed code and the enrolment of a second factor before it grants any access. */
    mustEnrol: boolean("must_enrol").notNull().default(false),
    /** The second factor to offer first, if the user chose one. */
    preferredFactor: text("preferred_factor", { enum: FACTORS }),
    lastLoginAt: timestamptz("last_login_at"),
    createdAt: timestamptz("created_at").notNull(),
  },
  (table) => [
    ...valueChecks(table),
    // `findUserByEmail`, `findAddressHolderForUpdate`, and logins by address (`findLoginCandidate`).
    unique("users_email_canonical_key").on(table.emailCanonical),
    // `findUserByUsername`, and logins by username (`findLoginCandidate`). For its name, see docs/decisions/database-names.md.
    unique("users_username_unique").on(table.usernameCanonical),
    // `listUsers` of a tenant; the foreign key to tenants.
    index("users_tenant_id_id_idx").on(table.tenantId, table.id),
    // `listUsers` of one status, and `listUnverifiedUserIds` at start.
    index("users_status_id_idx").on(table.status, table.id),
    // `listActiveAdmins`, `hasOtherActiveAdmin`: few users have this role, and each change that could remove the last admin reads them.
    index("users_tenant_id_id_admins_idx").on(table.tenantId, table.id).where(sql`${table.roles} @> '{ADMIN}'`),
    // `listActiveOperators`, `hasOtherActiveOperator`.
    index("users_tenant_id_id_operators_idx").on(table.tenantId, table.id).where(sql`${table.roles} @> '{OPERATOR}'`),
    // `listUsers` with a search. Without fastupdate, because a search would also scan the index's pending list.
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
    // `listUsers` with a search too short for trigrams, by prefix; also within a tenant, because matches in other tenants are few.
    index("users_email_canonical_prefix_idx").on(table.emailCanonical.op("text_pattern_ops")),
    // `listUsers`, likewise.
    index("users_username_canonical_prefix_idx").on(table.usernameCanonical.op("text_pattern_ops")),
    // `listUsers`, likewise.
    index("users_name_prefix_idx").on(sql`lower(${table.name}) text_pattern_ops`),
  ],
);

/** Columns for the user who owns a row, and their tenant; the row is deleted with the user. */
export const ofUser = () => ({
  tenantId: ofTenant(),
  userId: uuid("user_id")
    .$type<UserId>()
    .notNull()
    .references(() => users.id, { onDelete: "cascade" }),
});
