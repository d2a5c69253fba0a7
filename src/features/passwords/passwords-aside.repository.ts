import { and, eq, gte, isNotNull, notExists, sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import { moveRowsAside, putBackRows, type RowsAside } from "#platform/database/rows-aside";
import type { UserId } from "#shared/ids";
import { formerPasswords, passwords } from "./passwords.table.ts";

/**
 * Suspends the user's password if it was set since then without verifying the previous one: after a step-up or, with `byMailToo`,
 * in any other way.
 */
export const movePasswordAside = (
  db: Db,
  userId: UserId,
  { since, byMailToo }: { readonly since: Date; readonly byMailToo: boolean },
): Promise<RowsAside> => {
  const replacedKnown = db
    .select({ one: sql`1` })
    .from(formerPasswords)
    .where(and(eq(formerPasswords.userId, userId), eq(formerPasswords.replacedAt, passwords.changedAt)));
  const withoutOld = byMailToo ? undefined : and(isNotNull(passwords.createdBySession), notExists(replacedKnown));
  return moveRowsAside(db, passwords, and(eq(passwords.userId, userId), gte(passwords.changedAt, since), withoutOld));
};

/** Restores a suspended password; false if the user has another one. */
export const putBackPassword = async (db: Db, rows: RowsAside): Promise<boolean> =>
  (await putBackRows(db, passwords, rows)) > 0;
