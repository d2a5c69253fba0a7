import { timingSafeEqual } from "node:crypto";
import { HOTP, Secret, TOTP } from "otpauth";
import { after, HOUR, SECOND } from "#shared/durations";
import { parseDigits } from "#shared/typed-digits";

/** What authenticator apps take for granted: many ignore any other value in the otpauth URL. */
const ALGORITHM = "SHA1";
const DIGITS = 6;
const PERIOD = 30 * SECOND;

/** How many steps a code may be early or late: RFC 6238, section 5.2, recommends at most one. */
const WINDOW = 1;

/** 160 bits, what RFC 4226 recommends (section 4, R6). */
export const SECRET_BYTES = 20;

/** How long a secret that was shown can be confirmed, in milliseconds. */
const PENDING_LIFETIME = HOUR;

/** The time step of an instant: which code is the current one (RFC 6238, section 4.2). */
export const stepOf = (now: Date): number => Math.floor(now.getTime() / PERIOD);

/** The code of a time step (RFC 4226, section 5.3). */
export const codeAt = (secret: Buffer, step: number): string =>
  HOTP.generate({ secret: toSecret(secret), algorithm: ALGORITHM, digits: DIGITS, counter: step });

/** The six digits of a code as people type it, or null if it cannot be one. */
export const parseTotpCode = (typed: string): string | null => parseDigits(typed, DIGITS);

/** The step whose code this is: the current one, the one before or the one after it. Null if it is none of them. */
export const acceptedStep = (secret: Buffer, code: string, now: Date): number | null => {
  const digits = parseTotpCode(code);
  if (digits === null) return null;
  const current = stepOf(now);
  const steps = Array.from({ length: 2 * WINDOW + 1 }, (_, index) => current - WINDOW + index);
  // All of them, each in constant time: how long it takes tells nothing about any.
  const matching = steps.filter((step) => timingSafeEqual(Buffer.from(codeAt(secret, step)), Buffer.from(digits)));
  // The newest, so that the same digits are not good once more where two steps have them.
  return matching.at(-1) ?? null;
};

/** Whether a secret shown at `since` can still be confirmed. */
export const isConfirmable = (since: Date, now: Date): boolean => now < after(since, PENDING_LIFETIME);

/** The secret as people type it into an app: base32, 32 characters without padding. */
export const toBase32 = (secret: Buffer): string => toSecret(secret).base32;

/** What an authenticator app reads from the QR code (Key Uri Format). */
export const otpauthUrl = (secret: Buffer, issuer: string, label: string): string =>
  new TOTP({
    issuer,
    label,
    secret: toSecret(secret),
    algorithm: ALGORITHM,
    digits: DIGITS,
    period: PERIOD / SECOND,
  }).toString();

/** A copy: the memory behind a Buffer may be a pool that others share. */
const toSecret = (secret: Buffer): Secret => new Secret({ buffer: Uint8Array.from(secret).buffer });
