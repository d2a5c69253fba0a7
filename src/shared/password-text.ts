/** The lower limit of every policy (NIST SP 800-63B-4 §3.1.1.2 with a second factor; ASVS 5.0, 6.2.1). */
export const MIN_PASSWORD_LENGTH = 8;
/** In code points, after normalization. */
export const MAX_PASSWORD_LENGTH = 128;

/**
 * The longest password that is processed, in UTF-16 units. Longer ones are refused before normalization and hashing, so that a 1
 * MB password costs nothing.
 */
export const MAX_RAW_PASSWORD_LENGTH = 1_024;

/** One spelling for passwords that look the same on every keyboard (NIST SP 800-63B-4 §3.1.1.2, RFC 8265). */
export const normalizePassword = (password: string): string => password.normalize("NFKC");
