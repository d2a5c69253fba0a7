import { index, integer, pgTable, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { users } from "#features/users/users.table";
import { jsonb, timestamptz } from "#platform/database/columns";
import type { GeoLocation } from "#shared/client-info";
import type { UserId } from "#shared/ids";

/** A location that a user has logged in from, and the time of the last login from there. */
export interface UsualLocation {
  readonly place: GeoLocation;
  /** ISO 8601. */
  readonly lastAt: string;
}

/** A summary of successful logins whose attempts have been deleted, for the risk of later logins. */
export const loginHabits = pgTable(
  "login_habits",
  {
    userId: uuid("user_id")
      .$type<UserId>()
      .primaryKey()
      .references(() => users.id, { onDelete: "cascade" }),
    tenantId: ofTenant(),
    /** All successful logins before this instant are included. */
    foldedUntil: timestamptz("folded_until").notNull(),
    successes: integer("successes").notNull(),
    lastSuccessAt: timestamptz("last_success_at").notNull(),
    /** Hours of the day (UTC), one bit each. */
    hours: integer("hours").notNull(),
    /** Distinct locations, the most recently used first. */
    places: jsonb<readonly UsualLocation[]>("places").notNull(),
  },
  (table) => [index("login_habits_tenant_id_idx").on(table.tenantId)],
);
