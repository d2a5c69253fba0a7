import { sql } from "drizzle-orm";
import { index, pgTable, primaryKey, text, unique, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { ofTenant as ofAnyTenant } from "#features/tenants/tenants.table";
import { users } from "#features/users/users.table";
import { timestamptz } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { MembershipId, RoleId, UserId } from "#shared/ids";
import { MEMBERSHIP_STATUSES } from "#shared/memberships";
import { BUILT_IN_ROLES } from "#shared/roles";

/** Rows are deleted with their tenant, because the previous version deletes tenants and does not know these tables. */
const ofTenant = () => ofAnyTenant({ onDelete: "cascade" });

/** The roles of each tenant. Triggers of the migration insert the built-in roles with the tenant. */
export const roles = pgTable(
  "roles",
  {
    id: uuid("id").$type<RoleId>().primaryKey(),
    tenantId: ofTenant(),
    name: text("name").notNull(),
    description: text("description"),
    /** Empty for the built-in roles, whose permissions are defined in the code. */
    permissions: text("permissions").array().notNull().default([]),
    /** Null for the roles that the tenant created. */
    builtIn: text("built_in", { enum: BUILT_IN_ROLES }),
    createdAt: timestamptz("created_at").notNull(),
  },
  (table) => [
    ...valueChecks(table),
    // Also `listRolesOfTenants`.
    uniqueIndex("roles_tenant_id_name_lower_key").on(table.tenantId, sql`lower(${table.name})`),
    // `listActiveAdmins`, and the triggers of the migration.
    uniqueIndex("roles_tenant_id_built_in_key").on(table.tenantId, table.builtIn),
  ],
);

/** The memberships of users in tenants. Each user has one in their home tenant, which triggers of the migration insert. */
export const memberships = pgTable(
  "memberships",
  {
    id: uuid("id").$type<MembershipId>().primaryKey(),
    tenantId: ofTenant(),
    userId: uuid("user_id")
      .$type<UserId>()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    status: text("status", { enum: MEMBERSHIP_STATUSES }).notNull().default("ACTIVE"),
    joinedAt: timestamptz("joined_at").notNull(),
    /** No foreign key, because the user may be deleted. Null if there was no invitation. */
    invitedBy: uuid("invited_by").$type<UserId>(),
    /** After a reset of the user's second factors, the tenant refuses access until this time. Null, or past, if it does not. */
    entryBlockedUntil: timestamptz("entry_blocked_until"),
  },
  (table) => [
    ...valueChecks(table),
    unique("memberships_user_id_tenant_id_key").on(table.userId, table.tenantId),
    // `membersOfTenants`; the foreign key to tenants.
    index("memberships_tenant_id_id_idx").on(table.tenantId, table.id),
  ],
);

/** The roles of a membership, all from its tenant; always includes MEMBER. */
export const membershipRoles = pgTable(
  "membership_roles",
  {
    membershipId: uuid("membership_id")
      .$type<MembershipId>()
      .notNull()
      .references(() => memberships.id, { onDelete: "cascade" }),
    roleId: uuid("role_id")
      .$type<RoleId>()
      .notNull()
      .references(() => roles.id, { onDelete: "cascade" }),
  },
  (table) => [
    primaryKey({ name: "membership_roles_pkey", columns: [table.membershipId, table.roleId] }),
    // `listActiveAdmins`, `listHoldersOfRole`; the foreign key to roles.
    index("membership_roles_role_id_membership_id_idx").on(table.roleId, table.membershipId),
  ],
);

/** E-mail domains that an operator recorded as a tenant's. Its admins always manage the users with these addresses. */
export const tenantDomains = pgTable(
  "tenant_domains",
  {
    /** In its canonical spelling. */
    domain: text("domain").primaryKey(),
    tenantId: ofTenant(),
    recordedAt: timestamptz("recorded_at").notNull(),
  },
  (table) => [index("tenant_domains_tenant_id_idx").on(table.tenantId)],
);
