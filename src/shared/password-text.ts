/** No policy may ask for less (NIST SP 800-63B-4 §3.1.1.2 with a second factor; ASVS 5.0, 6.2.1). */
export const MIN_PASSWORD_LENGTH = 8;
/** In code points, after normalisation. */
export const MAX_PASSWORD_LENGTH = 128;

/**
 * The longest password that is looked at, in UTF-16 units. Whatever is longer is refused before it is normalised or hashed:
 * a 1 MB password must cost nothing.
 */
export const MAX_RAW_PASSWORD_LENGTH = 1_024;

/** One spelling for what looks the same on every keyboard (NIST SP 800-63B-4 §3.1.1.2, RFC 8265). */
export const normalizePassword = (password: string): string => password.normalize("NFKC");
