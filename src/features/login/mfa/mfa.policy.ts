import type { AuthenticationMethod, Factor } from "#shared/factors";

/** The second factors of a user. */
export interface MfaState {
  readonly totp: boolean;
  readonly passkeys: number;
  readonly backupCodesLeft: number;
  /** The user's preferred factor; it may have been removed. */
  readonly chosenFactor: Factor | null;
}

/** The second factors proper, the strongest first: a passkey cannot be phished. Backup codes only replace one of them. */
const ownFactorsOf = ({ passkeys, totp }: MfaState): Factor[] => {
  const own: Factor[] = [];
  if (passkeys > 0) own.push("PASSKEY");
  if (totp) own.push("TOTP");
  return own;
};

/** Whether logins of this user need a second factor. */
export const isMfaEnabled = (mfa: MfaState): boolean => ownFactorsOf(mfa).length > 0;

/** Whether the method may be chosen as the preferred factor. */
export const isPreferable = (method: AuthenticationMethod, mfa: MfaState): method is Factor =>
  ownFactorsOf(mfa).some((factor) => factor === method);

/** The factors that can complete a login of this user, the preferred one first. */
export const factorsOf = (mfa: MfaState): Factor[] => {
  const { chosenFactor, backupCodesLeft } = mfa;
  const factors = ownFactorsOf(mfa);
  if (factors.length > 0 && backupCodesLeft > 0) factors.push("BACKUP_CODE");
  if (chosenFactor === null || !isPreferable(chosenFactor, mfa)) return factors;
  return [chosenFactor, ...factors.filter((factor) => factor !== chosenFactor)];
};

/** Whether a session has completed one of the user's second factors. A mailed code proves no more than the password. */
export const hasSecondFactor = (methods: readonly AuthenticationMethod[]): boolean =>
  methods.some((method) => method === "TOTP" || method === "PASSKEY" || method === "BACKUP_CODE");
