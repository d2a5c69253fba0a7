import { timingSafeEqual } from "node:crypto";
import { HOTP, Secret, TOTP } from "otpauth";
import { after, HOUR, SECOND } from "#shared/durations";
import { parseDigits } from "#shared/typed-digits";

/** The defaults of authenticator apps. Many apps ignore other values in the otpauth URL. */
const ALGORITHM = "SHA1";
const DIGITS = 6;
const PERIOD_MS = 30 * SECOND;

/** The number of steps that a code may be early or late. RFC 6238, section 5.2, recommends at most one. */
const WINDOW = 1;

/** 160 bits, as recommended by RFC 4226 (section 4, R6). */
export const SECRET_BYTES = 20;

/** How long a secret can be confirmed after it was shown. */
const PENDING_LIFETIME_MS = HOUR;

/** The time step of an instant, which selects the current code (RFC 6238, section 4.2). */
export const stepOf = (now: Date): number => Math.floor(now.getTime() / PERIOD_MS);

/** The code of a time step (RFC 4226, section 5.3). */
export const codeAt = (secret: Buffer, step: number): string =>
  HOTP.generate({ secret: toSecret(secret), algorithm: ALGORITHM, digits: DIGITS, counter: step });

/** The six digits of a code as entered, or null if it is malformed. */
export const parseTotpCode = (typed: string): string | null => parseDigits(typed, DIGITS);

/** The step of this code: the current, the previous or the next one; null if it matches none. */
export const acceptedStep = (secret: Buffer, code: string, now: Date): number | null => {
  const digits = parseTotpCode(code);
  if (digits === null) return null;
  const current = stepOf(now);
  const steps = Array.from({ length: 2 * WINDOW + 1 }, (_, index) => current - WINDOW + index);
  // Compare with every step, each in constant time, so that the duration reveals nothing.
  const matching = steps.filter((step) => timingSafeEqual(Buffer.from(codeAt(secret, step)), Buffer.from(digits)));
  // The newest step, so that the same digits are not valid again if two steps share them.
  return matching.at(-1) ?? null;
};

/** Whether a secret shown at `since` can still be confirmed. */
export const isConfirmable = (since: Date, now: Date): boolean => now < after(since, PENDING_LIFETIME_MS);

/** The secret in the form for manual entry: base32, 32 characters without padding. */
export const toBase32 = (secret: Buffer): string => toSecret(secret).base32;

/** The URL in the QR code (Key Uri Format). */
export const otpauthUrl = (secret: Buffer, issuer: string, label: string): string =>
  new TOTP({
    issuer,
    label,
    secret: toSecret(secret),
    algorithm: ALGORITHM,
    digits: DIGITS,
    period: PERIOD_MS / SECOND,
  }).toString();

/** Copies the bytes, because the memory behind a Buffer may be a shared pool. */
const toSecret = (secret: Buffer): Secret => new Secret({ buffer: Uint8Array.from(secret).buffer });
