import { and, asc, eq, inArray, ne } from "drizzle-orm";
import type { User } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { MembershipId } from "#shared/ids";
import type { MembershipRow } from "./memberships.repository.ts";
import { memberships } from "./memberships.table.ts";

/**
 * Blocks access to all tenants of the user except the home tenant until then. The user's row must be locked.
 * @returns the blocked memberships
 */
export const updateEntryBlocked = (
  db: Db,
  { id, tenantId }: Pick<User, "id" | "tenantId">,
  until: Date,
): Promise<Pick<MembershipRow, "id" | "tenantId">[]> =>
  db
    .update(memberships)
    .set({ entryBlockedUntil: until })
    .where(
      inArray(
        memberships.id,
        db
          .select({ id: memberships.id })
          .from(memberships)
          .where(and(eq(memberships.userId, id), ne(memberships.tenantId, tenantId)))
          .orderBy(asc(memberships.id))
          .for("update"),
      ),
    )
    .returning({ id: memberships.id, tenantId: memberships.tenantId });

/** Allows the user to access the tenant again. */
export const updateEntryAllowed = async (db: Db, id: MembershipId): Promise<void> => {
  await db.update(memberships).set({ entryBlockedUntil: null }).where(eq(memberships.id, id));
};
