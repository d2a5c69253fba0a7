import type { KeyRing } from "#platform/secrets";
import { bytesOfUuid, type ChallengeId } from "#shared/ids";
import { parseDigits } from "#shared/typed-digits";

/** Two digits without a leading zero: users do not leave it out, and clients that read a number do not drop it. */
const DIGITS = 2;
const LEAST = 10;
const NUMBERS = 90;

/** So many bytes of the MAC that no number is more likely than another by more than one in 10¹². */
const BYTES_READ = 6;

/**
 * The number that the client shows while its login waits to be confirmed by mail. It is derived from the challenge and stored
 * nowhere. The mail does not contain it: only the user who sees that client knows it, so an attacker who begins a login at the
 * same moment is not confirmed in place of it (number matching).
 */
export const numberOf = (keys: Pick<KeyRing, "signWithEach">, id: ChallengeId): string => {
  const [number] = numbersOf(keys, id);
  if (number === undefined) throw new Error("The key ring is empty.");
  return number;
};

/** Whether the digits are the number of this login. While keys are rotated, those of the older keys count, too. */
export const isNumberOf = (keys: Pick<KeyRing, "signWithEach">, id: ChallengeId, digits: string): boolean =>
  numbersOf(keys, id).includes(digits);

/** The digits of a number as the user typed it; null if it is not two digits. */
export const parseNumber = (typed: string): string | null => parseDigits(typed, DIGITS);

const numbersOf = (keys: Pick<KeyRing, "signWithEach">, id: ChallengeId): string[] =>
  keys
    .signWithEach("login-number", bytesOfUuid(id))
    .map((mac) => String(LEAST + (mac.readUIntBE(0, BYTES_READ) % NUMBERS)));
