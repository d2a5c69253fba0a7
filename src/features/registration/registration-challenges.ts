import type { KeyRing } from "#platform/secrets";
import { signToken, type TokenPurpose, verifyToken } from "#platform/signed-token";
import type { RegistrationId } from "#shared/ids";

const USE: TokenPurpose = { purpose: "registration-challenge" };

/**
 * The secret of the client that registered: the registration's id with the server's signature. It is not stored and grants
 * nothing by itself. Together with a link of the same registration, the password, name and username of the registration apply.
 */
export const challengeOf = (keys: Pick<KeyRing, "sign">, id: RegistrationId): string => signToken(keys, USE, id);

/** Returns the id in a valid challenge, or null. */
export const readChallenge = (keys: Pick<KeyRing, "verify">, challenge: string): RegistrationId | null =>
  verifyToken(keys, USE, challenge) as RegistrationId | null;
