import { after, DAY, HOUR, MINUTE, SECOND } from "#shared/durations";
import { parseDigits } from "#shared/typed-digits";

/** How long a code is valid. */
export const CODE_LIFETIME_MS = 10 * MINUTE;

/** The minimum time between two codes. */
export const RESEND_PAUSE_MS = 30 * SECOND;

/** The first code, and five more. */
export const MAX_SENDS = 6;

/** How long after the newest code expired its subject's count is reset: sessions outlive their codes. */
export const COUNT_RETENTION_MS = HOUR;

/** How long a code is kept after it expired. Setting the clock back must not make it valid again. */
export const CODE_RETENTION_MS = DAY;

const DIGITS = 6;

/** The number of possible codes. */
export const CODES = 10 ** DIGITS;

/** The code of a number: six digits with leading zeros. */
export const formatCode = (number: number): string => String(number).padStart(DIGITS, "0");

/** A code as copied from a mail or entered in groups; null if it is malformed. */
export const parseCode = (typed: string): string | null => parseDigits(typed, DIGITS);

/** The codes sent for one login or step-up. */
interface Sends {
  readonly sends: number;
  readonly sentAt: Date;
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
}

/** Why no code was sent; `retryAfter` in seconds. */
export interface SendRefusal {
  readonly outcome: "TOO_SOON" | "TOO_OFTEN";
  readonly retryAfter: number;
}

/** Why no code is sent after the newest one, which may already be deleted. */
export const refuse = (newest: Sends | null, now: Date): SendRefusal => {
  if (newest === null) return { outcome: "TOO_SOON", retryAfter: 1 };
  const { sends, sentAt, expiresAt, usedAt } = newest;
  return sends >= MAX_SENDS && usedAt === null
    ? { outcome: "TOO_OFTEN", retryAfter: secondsUntil(after(expiresAt, COUNT_RETENTION_MS), now) }
    : { outcome: "TOO_SOON", retryAfter: secondsUntil(after(sentAt, RESEND_PAUSE_MS), now) };
};

const secondsUntil = (instant: Date, now: Date): number =>
  Math.max(1, Math.ceil((instant.getTime() - now.getTime()) / SECOND));
