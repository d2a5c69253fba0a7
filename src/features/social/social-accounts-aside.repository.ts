import { and, eq, gte, isNotNull, lte } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import { moveRowsAside, putBackRows, type RowsAside } from "#platform/database/rows-aside";
import type { SocialAccountId, UserId } from "#shared/ids";
import { socialAccounts } from "./social-accounts.table.ts";

/**
 * Suspends the accounts linked to the user since then: after a step-up or, with `byAddressToo`, also because of the user's address.
 */
export const moveSocialAccountsAside = (
  db: Db,
  userId: UserId,
  { since, byAddressToo }: { readonly since: Date; readonly byAddressToo: boolean },
): Promise<RowsAside> =>
  moveRowsAside(
    db,
    socialAccounts,
    and(
      eq(socialAccounts.userId, userId),
      gte(socialAccounts.linkedAt, since),
      byAddressToo ? undefined : isNotNull(socialAccounts.createdBySession),
    ),
  );

/** Restores a suspended account; false if it is linked again, or the user has another account at the provider. */
export const putBackSocialAccount = async (db: Db, rows: RowsAside): Promise<boolean> =>
  (await putBackRows(db, socialAccounts, rows)) > 0;

/** Whether the account was linked to the user at or before this instant. */
export const isLinkedSince = async (
  db: Db,
  { id, userId }: { readonly id: SocialAccountId; readonly userId: UserId },
  instant: Date,
): Promise<boolean> => {
  const found = await db
    .select({ id: socialAccounts.id })
    .from(socialAccounts)
    .where(and(eq(socialAccounts.id, id), eq(socialAccounts.userId, userId), lte(socialAccounts.linkedAt, instant)));
  return found.length > 0;
};
