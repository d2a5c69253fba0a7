import { pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { instant } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { SessionId, TenantId, UserId } from "#shared/ids";
import { ROLES } from "#shared/roles";

/**
 * Who gave whom a role, and when: USER is the membership. It is written with the role and never changed. No foreign keys: it
 * outlives the users, or deleting an account between two others would hide that one of them got rights through the other.
 */
export const roleGrants = pgTable(
  "role_grants",
  {
    userId: uuid("user_id").$type<UserId>().notNull(),
    tenantId: uuid("tenant_id").$type<TenantId>().notNull(),
    role: text("role", { enum: ROLES }).notNull(),
    /** Null: nobody with an account did, but the command line, or the onboarding of the company. */
    grantedBy: uuid("granted_by").$type<UserId>(),
    /** The session in which it was granted; null for an invitation or approval, which is used later. */
    grantedBySession: uuid("granted_by_session").$type<SessionId>(),
    grantedAt: instant("granted_at").notNull(),
  },
  (table) => [
    ...valueChecks(table),
    primaryKey({ name: "role_grants_pkey", columns: [table.userId, table.role, table.grantedAt] }),
  ],
);
