import type { KeyRing } from "#platform/secrets";
import { bytesOfUuid, type ChallengeId } from "#shared/ids";
import { parseDigits } from "#shared/typed-digits";

/** Two digits without a leading zero, because users omit a leading zero and clients that parse a number drop it. */
const DIGITS = 2;
const LEAST = 10;
const NUMBERS = 90;

/** Enough bytes of the MAC that no number is more likely than another by more than 1 in 10¹². */
const BYTES_READ = 6;

/**
 * The number that the client shows until its login is confirmed by mail. It is derived from the challenge and not stored.
 * The mail does not contain it, so only a user who sees that client knows it. If an attacker starts a login at the same
 * moment, the user cannot confirm the attacker's login by mistake (number matching).
 */
export const numberOf = (keys: Pick<KeyRing, "signWithEach">, id: ChallengeId): string => {
  const [number] = numbersOf(keys, id);
  if (number === undefined) throw new Error("The key ring is empty.");
  return number;
};

/** Whether the digits are the number of this login. During key rotation, the numbers of the older keys are valid, too. */
export const isNumberOf = (keys: Pick<KeyRing, "signWithEach">, id: ChallengeId, digits: string): boolean =>
  numbersOf(keys, id).includes(digits);

/** The digits of a number as entered; null if it is not two digits. */
export const parseNumber = (typed: string): string | null => parseDigits(typed, DIGITS);

const numbersOf = (keys: Pick<KeyRing, "signWithEach">, id: ChallengeId): string[] =>
  keys
    .signWithEach("login-number", bytesOfUuid(id))
    .map((mac) => String(LEAST + (mac.readUIntBE(0, BYTES_READ) % NUMBERS)));
