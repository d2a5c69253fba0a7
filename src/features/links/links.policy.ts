import { DAY } from "#shared/durations";

/**
 * How long an expired, unused link is kept. A user who is late requests another one
 * (`resendVerificationEmail`), which does the same as the first.
 */
export const LINK_RETENTION_MS = 30 * DAY;
