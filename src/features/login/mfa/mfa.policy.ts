import type { AuthenticationMethod, Factor } from "#shared/factors";

/** Which second factors a user has. */
export interface MfaState {
  readonly totp: boolean;
  readonly passkeys: number;
  readonly backupCodesLeft: number;
  /** What the user chose to be offered first; it may be gone. */
  readonly chosenFactor: Factor | null;
}

/** The second factors proper, the best first: a passkey cannot be phished. Backup codes only stand in for one of them. */
const ownFactorsOf = ({ passkeys, totp }: MfaState): Factor[] => {
  const own: Factor[] = [];
  if (passkeys > 0) own.push("PASSKEY");
  if (totp) own.push("TOTP");
  return own;
};

/** Whether logins of this user need a second factor. */
export const isMfaEnabled = (mfa: MfaState): boolean => ownFactorsOf(mfa).length > 0;

/** Whether it may be chosen to be offered first. */
export const isPreferable = (method: AuthenticationMethod, mfa: MfaState): method is Factor =>
  ownFactorsOf(mfa).some((factor) => factor === method);

/** What finishes a login of this user, the one to offer first in front. */
export const factorsOf = (mfa: MfaState): Factor[] => {
  const { chosenFactor, backupCodesLeft } = mfa;
  const factors = ownFactorsOf(mfa);
  if (factors.length > 0 && backupCodesLeft > 0) factors.push("BACKUP_CODE");
  if (chosenFactor === null || !isPreferable(chosenFactor, mfa)) return factors;
  return [chosenFactor, ...factors.filter((factor) => factor !== chosenFactor)];
};

/** Whether a session has proved one of the user's own second factors; a code by mail proves no more than the password. */
export const restsOnSecondFactor = (methods: readonly AuthenticationMethod[]): boolean =>
  methods.some((method) => method === "TOTP" || method === "PASSKEY" || method === "BACKUP_CODE");
