import { and, eq, gte, isNotNull } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import { moveRowsAside, putBackRows, type RowsAside } from "#platform/database/rows-aside";
import { assertNever } from "#shared/errors";
import type { UserId } from "#shared/ids";
import { deletePendingBackupCodes } from "../second-factors/backup-code/backup-codes.repository.ts";
import { backupCodes } from "../second-factors/backup-code/backup-codes.table.ts";
import { passkeys } from "../second-factors/passkey/passkeys.table.ts";
import { totpSecrets } from "../second-factors/totp/totp.table.ts";
import { isMfaEnabled } from "./mfa.policy.ts";
import { findMfa } from "./mfa.repository.ts";

export type FactorKind = "TOTP" | "PASSKEY" | "BACKUP_CODES";

/** A factor that was suspended: removed from its table, to be restored if its owner confirms it. */
export interface FactorAside {
  readonly kind: FactorKind;
  /** The name of a passkey; null for the others. */
  readonly name: string | null;
  readonly madeAt: Date;
  readonly rows: RowsAside;
}

const instantIn = (row: RowsAside[number] | undefined, column: string): Date => new Date(String(row?.[column]));

/**
 * Suspends the factors that the user added since then, and deletes pending ones. Requires the lock on the user's row. Backup codes
 * replace another factor, so if no factor is left, they are suspended, too.
 * @returns the suspended factors, and whether a second factor is left
 */
export const moveFactorsAside = async (
  db: Db,
  userId: UserId,
  since: Date,
): Promise<{ readonly setAside: FactorAside[]; readonly factorLeft: boolean }> => {
  const setAside: FactorAside[] = [];
  const ofUser = eq(totpSecrets.userId, userId);
  const totp = await moveRowsAside(
    db,
    totpSecrets,
    and(ofUser, isNotNull(totpSecrets.secret), gte(totpSecrets.enabledAt, since)),
  );
  if (totp.length > 0)
    setAside.push({
      kind: "TOTP",
      name: null,
      madeAt: instantIn(totp[0], "enabled_at"),
      rows: totp.map(withoutPending),
    });
  const pending = { pendingSecret: null, pendingSince: null, pendingBySession: null, pendingEpoch: null };
  await db.update(totpSecrets).set(pending).where(ofUser);
  await deletePendingBackupCodes(db, userId);
  for (const row of await moveRowsAside(db, passkeys, and(eq(passkeys.userId, userId), gte(passkeys.createdAt, since))))
    setAside.push({ kind: "PASSKEY", name: String(row.name), madeAt: instantIn(row, "created_at"), rows: [row] });
  const mfa = await findMfa(db, userId);
  const factorLeft = mfa !== null && isMfaEnabled(mfa);
  const isLate = factorLeft ? gte(backupCodes.createdAt, since) : undefined;
  const codes =
    factorLeft || setAside.length > 0
      ? await moveRowsAside(db, backupCodes, and(eq(backupCodes.userId, userId), isLate))
      : [];
  if (codes.length > 0)
    setAside.push({ kind: "BACKUP_CODES", name: null, madeAt: instantIn(codes[0], "created_at"), rows: codes });
  return { setAside, factorLeft };
};

/** Restores a suspended factor; false if another one has replaced it. */
export const putBackFactor = async (db: Db, kind: FactorKind, rows: RowsAside): Promise<boolean> =>
  (await putBackRows(db, tableOf(kind), rows)) > 0;

const tableOf = (kind: FactorKind) => {
  switch (kind) {
    case "TOTP":
      return totpSecrets;
    case "PASSKEY":
      return passkeys;
    case "BACKUP_CODES":
      return backupCodes;
    default:
      return assertNever(kind);
  }
};

const withoutPending = (row: RowsAside[number]) => ({
  ...row,
  pending_secret: null,
  pending_since: null,
  pending_by_session: null,
  pending_epoch: null,
});
