import type { SecurityEventDraft } from "#features/audit/index";
import type { RevokedAuthMethods, SessionAuthMethod } from "#features/sessions/index";
import type { PasskeyId } from "#shared/ids";

/** A user's change of their own second factors. */
export type FactorChange =
  | { readonly kind: "TOTP_ENABLED" | "TOTP_REPLACED" | "TOTP_DISABLED" | "BACKUP_CODES_RENEWED" }
  | { readonly kind: "PASSKEY_ADDED" | "PASSKEY_REMOVED"; readonly passkeyId: PasskeyId };

/** Whether logins needed a second factor before the change, and whether they do after it. */
export interface MfaTransition {
  readonly before: boolean;
  readonly after: boolean;
}

/** The proof that the session gains by the change: a user who enables a factor shows that they have it. */
export const authMethodGained = (change: FactorChange): SessionAuthMethod | null => {
  switch (change.kind) {
    case "TOTP_ENABLED":
    case "TOTP_REPLACED":
      return { method: "TOTP", passkeyId: null };
    case "PASSKEY_ADDED":
      return { method: "PASSKEY", passkeyId: change.passkeyId };
    default:
      return null;
  }
};

/** The proofs that sessions of the user lose by the change. */
export const authMethodsRevoked = (change: FactorChange, { before, after }: MfaTransition): RevokedAuthMethods => ({
  methods: [
    ...(change.kind === "TOTP_REPLACED" || change.kind === "TOTP_DISABLED" ? (["TOTP"] as const) : []),
    ...(before && !after ? (["BACKUP_CODE"] as const) : []),
  ],
  passkeyId: change.kind === "PASSKEY_REMOVED" ? change.passkeyId : null,
});

type Event = Pick<SecurityEventDraft, "type" | "details">;

/** The security events of a change. */
export const eventsOf = (change: FactorChange, { before, after }: MfaTransition): readonly Event[] => {
  switch (change.kind) {
    case "TOTP_ENABLED":
      return [{ type: "MFA_ENABLED", details: { factor: "TOTP" } }];
    case "TOTP_REPLACED":
      return [{ type: "MFA_ENABLED", details: { factor: "TOTP", replaced: true } }];
    case "TOTP_DISABLED":
      return [{ type: "MFA_DISABLED", details: { factor: "TOTP", stillEnabled: after } }];
    case "PASSKEY_ADDED": {
      const added: Event = { type: "PASSKEY_ADDED", details: { passkeyId: change.passkeyId } };
      return before ? [added] : [added, { type: "MFA_ENABLED", details: { factor: "PASSKEY" } }];
    }
    case "PASSKEY_REMOVED": {
      const removed: Event = { type: "PASSKEY_REMOVED", details: { passkeyId: change.passkeyId } };
      return after
        ? [removed]
        : [removed, { type: "MFA_DISABLED", details: { factor: "PASSKEY", stillEnabled: false } }];
    }
    case "BACKUP_CODES_RENEWED":
      return [{ type: "BACKUP_CODES_RENEWED", details: {} }];
  }
};
