import { index, integer, pgTable, uuid } from "drizzle-orm/pg-core";
import { instant, json } from "../../platform/database/columns.ts";
import type { Place } from "../../shared/client.ts";
import type { TenantId, UserId } from "../../shared/ids.ts";
import { tenants } from "../tenants/tenants.table.ts";
import { users } from "../users/users.table.ts";

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
    tenantId: uuid("tenant_id")
      .$type<TenantId>()
      .notNull()
      .references(() => tenants.id),
    /** All successes before this instant are counted here. */
    foldedUntil: instant("folded_until").notNull(),
    successes: integer("successes").notNull(),
    lastSuccessAt: instant("last_success_at").notNull(),
    /** Hours of the day (UTC), one bit each. */
    hours: integer("hours").notNull(),
    /** Each place once, the one used last first. */
    places: json<readonly UsualPlace[]>("places").notNull(),
  },
  (table) => [index("login_habits_tenant").on(table.tenantId)],
);
