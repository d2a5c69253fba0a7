import { and, count, eq, exists, inArray, isNotNull, isNull, lte, type SQL, sql } from "drizzle-orm";
import { QueryBuilder } from "drizzle-orm/pg-core";
import { users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { assertNever } from "#shared/errors";
import type { AuthenticationMethod } from "#shared/factors";
import type { PasskeyId, UserId } from "#shared/ids";
import { backupCodes } from "../second-factors/backup-code/backup-codes.table.ts";
import { passkeys } from "../second-factors/passkey/passkeys.table.ts";
import { totpSecrets } from "../second-factors/totp/totp.table.ts";
import type { MfaState } from "./mfa.policy.ts";

const query = new QueryBuilder();

/** The columns for a user's second factors, in a select from `users`. */
export const mfaColumns = {
  totp: sql<boolean>`${exists(
    query
      .select({ one: sql`1` })
      .from(totpSecrets)
      .where(and(eq(totpSecrets.userId, users.id), isNotNull(totpSecrets.secret))),
  )}`.as("totp"),
  passkeys: numberOf(
    sql`${query.select({ count: count() }).from(passkeys).where(eq(passkeys.userId, users.id))}`,
    "passkeys",
  ),
  backupCodesLeft: numberOf(
    sql`${query
      .select({ count: count() })
      .from(backupCodes)
      .where(and(eq(backupCodes.userId, users.id), eq(backupCodes.pending, false), isNull(backupCodes.usedAt)))}`,
    "backup_codes_left",
  ),
  chosenFactor: users.preferredFactor,
};

/** The condition that a row of `users` has this second factor or, for null, none. Backup codes and mailed codes do not count. */
export const hasFactor = (factor: "TOTP" | "PASSKEY" | null): SQL => {
  const totp = exists(
    query
      .select({ one: sql`1` })
      .from(totpSecrets)
      .where(and(eq(totpSecrets.userId, users.id), isNotNull(totpSecrets.secret))),
  );
  const passkey = exists(query.select({ one: sql`1` }).from(passkeys).where(eq(passkeys.userId, users.id)));
  switch (factor) {
    case "TOTP":
      return totp;
    case "PASSKEY":
      return passkey;
    case null:
      return sql`(not ${totp} and not ${passkey})`;
    default:
      return assertNever(factor);
  }
};

/** A scalar subquery as a number: Postgres counts in bigint, which the driver would return as text. */
function numberOf(subquery: SQL, alias: string) {
  return sql<number>`(${subquery})::int`.as(alias);
}

/** The second factors of the user; null if there is no such user. */
export const findMfa = async (db: Db, userId: UserId): Promise<MfaState | null> => {
  const [row] = await db.select(mfaColumns).from(users).where(eq(users.id, userId));
  return row ?? null;
};

/** The second factors of these users, in no particular order. */
export const listMfaOfUsers = (db: Db, ids: readonly UserId[]): Promise<(MfaState & { userId: UserId })[]> =>
  db
    .select({ userId: users.id, ...mfaColumns })
    .from(users)
    .where(inArray(users.id, [...ids]));

/** Whether a session with these proofs has completed a factor that its user had before this instant. */
export const hasVerifiedFactorOf = async (
  db: Db,
  userId: UserId,
  authMethods: { readonly methods: readonly AuthenticationMethod[]; readonly passkeyId: PasskeyId | null },
  before: Date,
): Promise<boolean> => {
  const totp = db
    .select({ one: sql<number>`1` })
    .from(totpSecrets)
    .where(and(eq(totpSecrets.userId, userId), lte(totpSecrets.enabledAt, before)));
  if (authMethods.methods.includes("TOTP") && (await totp).length > 0) return true;
  if (authMethods.passkeyId === null) return false;
  const passkey = db
    .select({ one: sql<number>`1` })
    .from(passkeys)
    .where(and(eq(passkeys.id, authMethods.passkeyId), eq(passkeys.userId, userId), lte(passkeys.createdAt, before)));
  return (await passkey).length > 0;
};
