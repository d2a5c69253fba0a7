/** From this number on, new backup codes are offered. */
export const FEW_BACKUP_CODES = 2;

/** What is known about the account's security. */
export interface AccountSecurity {
  readonly emailVerified: boolean;
  readonly mfa: { readonly enabled: boolean; readonly backupCodesLeft: number };
  readonly suspendedChanges: number;
  readonly invitations: number;
}

export type ToDo = "suspended" | "noFactor" | "fewCodes" | "unverified" | "invited";

/** What the user should do, the most urgent first. */
export const toDosOf = (security: AccountSecurity): readonly ToDo[] => {
  const { mfa } = security;
  const applies: Record<ToDo, boolean> = {
    suspended: security.suspendedChanges > 0,
    noFactor: !mfa.enabled,
    fewCodes: mfa.enabled && mfa.backupCodesLeft <= FEW_BACKUP_CODES,
    unverified: !security.emailVerified,
    invited: security.invitations > 0,
  };
  return (Object.keys(applies) as ToDo[]).filter((name) => applies[name]);
};
