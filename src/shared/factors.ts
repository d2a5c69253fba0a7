/** The kinds of second factors. */
export const FACTORS = ["TOTP", "PASSKEY", "BACKUP_CODE", "EMAIL_CODE"] as const;
export type Factor = (typeof FACTORS)[number];

/** All ways to authenticate. */
export const AUTHENTICATION_METHODS = ["PASSWORD", "SOCIAL", ...FACTORS] as const;
export type AuthenticationMethod = (typeof AUTHENTICATION_METHODS)[number];
