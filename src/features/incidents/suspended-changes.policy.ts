import type { UserId } from "#shared/ids";
import type { Role } from "#shared/roles";

/** The most suspended changes in one response. Further ones are listed after some of them are confirmed or removed. */
export const MAX_CHANGES = 100;

export const CREDENTIAL_KINDS = ["TOTP", "PASSKEY", "BACKUP_CODES", "SOCIAL_ACCOUNT", "PASSWORD"] as const;
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number];

export const SUSPENDED_CHANGE_KINDS = [...CREDENTIAL_KINDS, "EMAIL", "ROLES"] as const;
export type SuspendedChangeKind = (typeof SUSPENDED_CHANGE_KINDS)[number];

/** The subject of a suspended change, and the data to restore it. */
export type ChangeAside =
  | {
      readonly kind: CredentialKind;
      /** The name of a passkey, or the provider of an account. */
      readonly name: string | null;
      readonly rows: readonly Readonly<Record<string, unknown>>[];
    }
  | { readonly kind: "EMAIL"; readonly email: string }
  | { readonly kind: "ROLES"; readonly roles: readonly Role[]; readonly userId: UserId };
