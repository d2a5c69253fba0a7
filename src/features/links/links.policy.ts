import { DAY } from "#shared/durations";

/**
 * How long an expired, unused link is kept, in milliseconds. A user who is late requests another one
 * (`resendVerificationEmail`), which does the same as the first.
 */
export const KEPT_AFTER_EXPIRY = 30 * DAY;
