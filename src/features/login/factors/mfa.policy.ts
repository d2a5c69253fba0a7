import type { Factor } from "../../../shared/factors.ts";

/** Which second factors a user has. */
export interface MfaState {
  readonly totp: boolean;
  readonly passkeys: number;
  readonly backupCodesLeft: number;
  /** What the user chose to be offered first; it may be gone by now. */
  readonly chosenFactor: Factor | null;
}

/** Whether logins of this user need a second factor. Backup codes stand in for one: by themselves they are none. */
export const isMfaEnabled = ({ totp, passkeys }: MfaState): boolean => totp || passkeys > 0;

/** What may be chosen to be offered first. */
export const isPreferable = (factor: Factor, { totp, passkeys }: MfaState): boolean =>
  (factor === "TOTP" && totp) || (factor === "PASSKEY" && passkeys > 0);

/** What finishes a login of this user, the preferred one first: a passkey, which cannot be phished, unless another was chosen. */
export const factorsOf = (mfa: MfaState): Factor[] => {
  const { chosenFactor, totp, passkeys, backupCodesLeft } = mfa;
  const had: Factor[] = [];
  if (passkeys > 0) had.push("PASSKEY");
  if (totp) had.push("TOTP");
  if (isMfaEnabled(mfa) && backupCodesLeft > 0) had.push("BACKUP_CODE");
  if (chosenFactor === null || !isPreferable(chosenFactor, mfa)) return had;
  return [chosenFactor, ...had.filter((factor) => factor !== chosenFactor)];
};
