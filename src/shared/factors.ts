/** The second ways to prove who one is. */
export type Factor = "TOTP" | "PASSKEY" | "BACKUP_CODE" | "EMAIL_CODE";
