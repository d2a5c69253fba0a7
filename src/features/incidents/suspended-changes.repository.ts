import { and, desc, eq, gte, inArray, isNotNull, isNull, sql } from "drizzle-orm";
import { union } from "drizzle-orm/pg-core";
import { UNDO_EMAIL_CHANGE_LINK } from "#features/account/index";
import { links } from "#features/links/index";
import { backupCodes, factorResets, passkeys, totpSecrets } from "#features/login/index";
import { passwords } from "#features/passwords/index";
import { socialAccounts } from "#features/social/index";
import { roleGrants } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { SuspendedChangeId, UserId } from "#shared/ids";
import type { Role } from "#shared/roles";
import { suspendedChanges } from "./suspended-changes.table.ts";

export type SuspendedChangeRow = typeof suspendedChanges.$inferSelect;

/** Stores suspended changes. */
export const insertSuspendedChanges = async (db: Db, rows: readonly SuspendedChangeRow[]): Promise<void> => {
  if (rows.length > 0) await db.insert(suspendedChanges).values([...rows]);
};

/** Up to `limit` of this user's suspended changes, the newest first. */
export const listSuspendedChanges = (db: Db, userId: UserId, limit: number): Promise<SuspendedChangeRow[]> =>
  db
    .select()
    .from(suspendedChanges)
    .where(eq(suspendedChanges.userId, userId))
    .orderBy(desc(suspendedChanges.id))
    .limit(limit);

/** A suspended change of this user, or null. */
export const findSuspendedChange = async (
  db: Db,
  userId: UserId,
  id: SuspendedChangeId,
): Promise<SuspendedChangeRow | null> => {
  const [row] = await db.select().from(suspendedChanges).where(ofUser(userId, id));
  return row ?? null;
};

/** Consumes a suspended change of this user, to apply or discard it. Exactly one concurrent caller gets it. */
export const consumeSuspendedChange = async (
  db: Db,
  userId: UserId,
  id: SuspendedChangeId,
): Promise<SuspendedChangeRow | null> => {
  const [row] = await db.delete(suspendedChanges).where(ofUser(userId, id)).returning();
  return row ?? null;
};

const ofUser = (userId: UserId, id: SuspendedChangeId) =>
  and(eq(suspendedChanges.id, id), eq(suspendedChanges.userId, userId));

/** The users whose credentials, address or roles may have changed since then. It reads whole tables and is for incidents only. */
export const listUsersChangedSince = async (db: Db, since: Date): Promise<UserId[]> => {
  const rows = await db.transaction(async (tx) => {
    await tx.execute(sql`set local statement_timeout = 0`);
    return union(
      tx.select({ userId: totpSecrets.userId }).from(totpSecrets).where(gte(totpSecrets.enabledAt, since)),
      tx.select({ userId: totpSecrets.userId }).from(totpSecrets).where(gte(totpSecrets.pendingSince, since)),
      tx.select({ userId: passkeys.userId }).from(passkeys).where(gte(passkeys.createdAt, since)),
      tx.select({ userId: backupCodes.userId }).from(backupCodes).where(gte(backupCodes.createdAt, since)),
      tx
        .select({ userId: socialAccounts.userId })
        .from(socialAccounts)
        .where(and(gte(socialAccounts.linkedAt, since), isNotNull(socialAccounts.createdBySession))),
      tx
        .select({ userId: passwords.userId })
        .from(passwords)
        .where(and(gte(passwords.changedAt, since), isNotNull(passwords.createdBySession))),
      tx
        .select({ userId: links.userId })
        .from(links)
        .where(and(eq(links.purpose, UNDO_EMAIL_CHANGE_LINK.name), isNull(links.usedAt), gte(links.createdAt, since))),
      tx
        .select({ userId: factorResets.userId })
        .from(factorResets)
        .where(and(eq(factorResets.origin, "ADMIN"), gte(factorResets.requestedAt, since))),
      tx
        .select({ userId: roleGrants.userId })
        .from(roleGrants)
        .where(and(gte(roleGrants.grantedAt, since), isNotNull(roleGrants.grantedBy))),
    );
  });
  return rows.map(({ userId }) => userId).sort();
};

/** A role beyond USER, and the user who granted it; null if granted from the command line or by onboarding. */
export interface RoleGranted {
  readonly role: Role;
  readonly grantedBy: UserId | null;
  readonly grantedAt: Date;
}

/** The roles beyond USER that the user received since then, with the last grant of each. */
export const listRolesGrantedSince = async (db: Db, userId: UserId, since: Date): Promise<RoleGranted[]> => {
  const { grantedAt, grantedBy, role } = roleGrants;
  const rows = await db
    .select({ role, grantedBy, grantedAt })
    .from(roleGrants)
    .where(and(eq(roleGrants.userId, userId), inArray(role, ["ADMIN", "OPERATOR"]), gte(grantedAt, since)))
    .orderBy(grantedAt);
  return [...new Map(rows.map((row) => [row.role, row])).values()];
};
