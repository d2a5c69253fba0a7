import { index, integer, pgTable, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { users } from "#features/users/users.table";
import { instant, json } from "#platform/database/columns";
import type { Place } from "#shared/client";
import type { UserId } from "#shared/ids";

/** A place that a user has logged in from, and when that was last. */
export interface UsualPlace {
  readonly place: Place;
  /** ISO 8601. */
  readonly lastAt: string;
}

/** What the risk of a login needs to know of successes whose attempts have been dropped. */
export const loginHabits = pgTable(
  "login_habits",
  {
    userId: uuid("user_id")
      .$type<UserId>()
      .primaryKey()
      .references(() => users.id, { onDelete: "cascade" }),
    tenantId: ofTenant(),
    /** All successes before this instant are counted here. */
    foldedUntil: instant("folded_until").notNull(),
    successes: integer("successes").notNull(),
    lastSuccessAt: instant("last_success_at").notNull(),
    /** Hours of the day (UTC), one bit each. */
    hours: integer("hours").notNull(),
    /** Each place once, the one used last first. */
    places: json<readonly UsualPlace[]>("places").notNull(),
  },
  (table) => [index("login_habits_tenant_id_idx").on(table.tenantId)],
);
