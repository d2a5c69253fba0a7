/** The second ways to prove who one is. */
export type Factor = "TOTP" | "PASSKEY" | "BACKUP_CODE" | "EMAIL_CODE";

/** All ways to prove who one is. */
export type AuthenticationMethod = "PASSWORD" | "SOCIAL" | Factor;
