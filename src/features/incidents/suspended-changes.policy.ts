import type { UserId } from "#shared/ids";
import type { Role } from "#shared/roles";

/** How many suspended changes one answer lists; more show once some of them are settled. */
export const MOST_CHANGES = 100;

export type CredentialKind = "TOTP" | "PASSKEY" | "BACKUP_CODES" | "SOCIAL_ACCOUNT" | "PASSWORD";

export type SuspendedChangeKind = CredentialKind | "EMAIL" | "ROLES";

/** What a suspended change is about, and what puts it in force again. */
export type ChangeAside =
  | {
      readonly kind: CredentialKind;
      /** The name of a passkey, or the provider of an account. */
      readonly name: string | null;
      readonly rows: readonly Readonly<Record<string, unknown>>[];
    }
  | { readonly kind: "EMAIL"; readonly email: string }
  | { readonly kind: "ROLES"; readonly roles: readonly Role[]; readonly userId: UserId };
