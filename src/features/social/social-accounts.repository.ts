import { and, eq, getTableColumns, inArray, sql } from "drizzle-orm";
import { devices } from "#features/devices/index";
import { candidateColumns, isTainted, type Taint } from "#features/login/index";
import { passwords } from "#features/passwords/index";
import { tenants } from "#features/tenants/index";
import { users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { prepared } from "#platform/database/prepared";
import type { SocialAccountId, UserId } from "#shared/ids";
import { socialAccounts } from "./social-accounts.table.ts";

export type SocialAccountRow = typeof socialAccounts.$inferSelect;

const { issuer, subject, createdBySession, ...shown } = getTableColumns(socialAccounts);

/** The public part of an account at a provider. */
export type SocialAccount = Omit<SocialAccountRow, "issuer" | "subject" | "createdBySession">;

/** The key of an account. */
export type SubjectAt = Pick<SocialAccountRow, "issuer" | "subject">;

const { placeholder } = sql;

const selectCandidate = prepared((db) =>
  db
    .select({ socialAccountId: socialAccounts.id, createdBySession, ...candidateColumns })
    .from(socialAccounts)
    .innerJoin(users, eq(users.id, socialAccounts.userId))
    .innerJoin(tenants, eq(tenants.id, users.tenantId))
    .leftJoin(passwords, eq(passwords.userId, users.id))
    .leftJoin(devices, and(eq(devices.userId, users.id), eq(devices.tokenHash, placeholder("deviceTokenHash"))))
    .where(and(eq(issuer, placeholder("issuer")), eq(subject, placeholder("subject"))))
    .prepare("find_social_candidate"),
);

/** Returns the account's user and all data for the decision over a login, in one read; null if the account is not linked. */
export const findSocialCandidate = async (
  db: Db,
  { issuer, subject }: SubjectAt,
  deviceTokenHash: Buffer,
): Promise<Awaited<ReturnType<typeof selectCandidate>>[number] | null> => {
  const [row] = await selectCandidate(db, { issuer, subject, deviceTokenHash });
  return row ?? null;
};

/** Returns the account of this subject. */
export const findSocialAccount = async (db: Db, at: SubjectAt): Promise<SocialAccount | null> => {
  const [row] = await db
    .select(shown)
    .from(socialAccounts)
    .where(and(eq(issuer, at.issuer), eq(subject, at.subject)));
  return row ?? null;
};

/** Inserts the account; null if this subject is already linked, or the user has another account at this provider. */
export const insertSocialAccount = async (db: Db, account: SocialAccountRow): Promise<SocialAccount | null> => {
  const [row] = await db.insert(socialAccounts).values(account).onConflictDoNothing().returning(shown);
  return row ?? null;
};

const updateUsed = prepared((db) =>
  db
    .update(socialAccounts)
    .set({
      lastUsedAt: sql`${placeholder("now")}`,
      email: sql`coalesce(${placeholder("email")}::text, ${socialAccounts.email})`,
    })
    .where(and(eq(socialAccounts.id, placeholder("id")), eq(socialAccounts.userId, placeholder("userId"))))
    .returning({ id: socialAccounts.id })
    .prepare("update_social_account_used"),
);

/** Records a login by the account, and the address reported by the provider; false if it was unlinked. */
export const updateSocialAccountUsed = async (
  db: Db,
  { id, userId }: { readonly id: SocialAccountId; readonly userId: UserId },
  { email, now }: { readonly email: string | null; readonly now: Date },
): Promise<boolean> => (await updateUsed(db, { id, userId, email, now: now.toISOString() })).length > 0;

/** Deletes one account of the user, by provider or by id, and returns it. */
export const deleteSocialAccount = async (
  db: Db,
  userId: UserId,
  which: { readonly provider: string } | { readonly id: SocialAccountId },
): Promise<SocialAccount | null> => {
  const chosen = "id" in which ? eq(socialAccounts.id, which.id) : eq(socialAccounts.provider, which.provider);
  const [row] = await db
    .delete(socialAccounts)
    .where(and(eq(socialAccounts.userId, userId), chosen))
    .returning(shown);
  return row ?? null;
};

/** Returns the accounts of these users, oldest first. */
export const listSocialAccountsOfUsers = (db: Db, userIds: readonly UserId[]): Promise<SocialAccount[]> =>
  db
    .select(shown)
    .from(socialAccounts)
    .where(inArray(socialAccounts.userId, [...userIds]))
    .orderBy(socialAccounts.id);

/** Returns the ids of the user's tainted accounts. */
export const listTaintedSocialAccounts = async (db: Db, userId: UserId, taint: Taint): Promise<SocialAccountId[]> => {
  const rows = await db
    .select({ id: socialAccounts.id })
    .from(socialAccounts)
    .where(
      and(
        eq(socialAccounts.userId, userId),
        isTainted({ createdBySession, createdAt: socialAccounts.linkedAt }, taint),
      ),
    );
  return rows.map(({ id }) => id);
};
