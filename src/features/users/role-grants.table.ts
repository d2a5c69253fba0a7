import { pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { timestamptz } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { SessionId, TenantId, UserId } from "#shared/ids";
import { ROLES } from "#shared/roles";

/**
 * Grants of roles: granter, user, role and time; USER is the membership. A row is written with the role and never changed. There are no
 * foreign keys, so that rows outlive the users: deleting an account in the middle of a chain must not hide how rights were granted.
 */
export const roleGrants = pgTable(
  "role_grants",
  {
    userId: uuid("user_id").$type<UserId>().notNull(),
    tenantId: uuid("tenant_id").$type<TenantId>().notNull(),
    role: text("role", { enum: ROLES }).notNull(),
    /** Null if granted by the command line, or by the onboarding of the tenant. */
    grantedBy: uuid("granted_by").$type<UserId>(),
    /** The session in which it was granted; null for an invitation or approval, which is used later. */
    grantedBySession: uuid("granted_by_session").$type<SessionId>(),
    grantedAt: timestamptz("granted_at").notNull(),
  },
  (table) => [
    ...valueChecks(table),
    primaryKey({ name: "role_grants_pkey", columns: [table.userId, table.role, table.grantedAt] }),
  ],
);
