import { DAY } from "#shared/durations";

/**
 * How long a link stays that nobody used, once it has expired, in milliseconds. Whoever comes too late asks for another
 * (`resendVerificationEmail`), and that one does what the first would have done.
 */
export const KEPT_AFTER_EXPIRY = 30 * DAY;
