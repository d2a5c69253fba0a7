import { after, DAY, HOUR, MINUTE, SECOND } from "#shared/durations";
import { parseDigits } from "#shared/typed-digits";

/** How long a code is good, in milliseconds. */
export const CODE_LIFETIME = 10 * MINUTE;

/** How long one waits before the next is sent, in milliseconds. */
export const RESEND_PAUSE = 30 * SECOND;

/** The first one, and five more. */
export const MAX_SENDS = 6;

/** How long after the newest code expired its subject's count starts again, in milliseconds: sessions live on. */
export const COUNT_KEPT_AFTER_EXPIRY = HOUR;

/** How long a code stays after it expired, in milliseconds: a clock that is set back must not make it new. */
export const CODE_KEPT_AFTER_EXPIRY = DAY;

const DIGITS = 6;

/** How many codes there are. */
export const CODES = 10 ** DIGITS;

/** The code of this number: six digits, the leading ones zeros where need be. */
export const formatCode = (number: number): string => String(number).padStart(DIGITS, "0");

/** A code as people copy it from a mail or type it in groups; null where it cannot be one. */
export const parseCode = (typed: string): string | null => parseDigits(typed, DIGITS);

/** What is known of the codes sent for one login or step-up. */
interface Sends {
  readonly sends: number;
  readonly sentAt: Date;
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
}

/** Why no code was sent; `retryAfter` in seconds. */
export interface Refusal {
  readonly outcome: "TOO_SOON" | "TOO_OFTEN";
  readonly retryAfter: number;
}

/** Why no code follows the newest one, which may be gone already. */
export const refuse = (newest: Sends | null, now: Date): Refusal => {
  if (newest === null) return { outcome: "TOO_SOON", retryAfter: 1 };
  const { sends, sentAt, expiresAt, usedAt } = newest;
  return sends >= MAX_SENDS && usedAt === null
    ? { outcome: "TOO_OFTEN", retryAfter: secondsUntil(after(expiresAt, COUNT_KEPT_AFTER_EXPIRY), now) }
    : { outcome: "TOO_SOON", retryAfter: secondsUntil(after(sentAt, RESEND_PAUSE), now) };
};

const secondsUntil = (instant: Date, now: Date): number =>
  Math.max(1, Math.ceil((instant.getTime() - now.getTime()) / SECOND));
