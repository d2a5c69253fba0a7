import { boolean, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { timestamptz } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { TenantId } from "#shared/ids";
import { LOGOUT_SCOPES, REGISTRATION_MODES, SECOND_FACTOR_RULES, TENANT_STATUSES } from "./tenants.policy.ts";

/** Tenants. Every installation starts with one, whose slug is `default`. */
export const tenants = pgTable(
  "tenants",
  {
    id: uuid("id").$type<TenantId>().primaryKey(),
    slug: text("slug").notNull().unique("tenants_slug_key"),
    name: text("name").notNull(),
    status: text("status", { enum: TENANT_STATUSES }).notNull().default("ACTIVE"),
    registration: text("registration", { enum: REGISTRATION_MODES }).notNull().default("OPEN"),
    /** Null: no limit. */
    maxSessions: integer("max_sessions").default(2),
    passwordChangeEnds: text("password_change_ends", { enum: LOGOUT_SCOPES }).notNull().default("NONE"),
    passwordMinLength: integer("password_min_length").notNull().default(8),
    secondFactor: text("second_factor", { enum: SECOND_FACTOR_RULES }).notNull().default("OPTIONAL"),
    /** Read and written by replicas of the version before `secondFactor`: true if the rule is not OPTIONAL. */
    requireSecondFactor: boolean("require_second_factor").notNull().default(false),
    confirmLoginAtRisk: integer("confirm_login_at_risk").notNull().default(40),
    secondFactorAtRisk: integer("second_factor_at_risk").notNull().default(70),
    createdAt: timestamptz("created_at").notNull(),
  },
  valueChecks,
);

/** The column for the tenant of a row; every query of the table filters by it. */
export const ofTenant = ({ onDelete }: { readonly onDelete?: "cascade" } = {}) =>
  uuid("tenant_id")
    .$type<TenantId>()
    .notNull()
    .references(() => tenants.id, onDelete && { onDelete });
