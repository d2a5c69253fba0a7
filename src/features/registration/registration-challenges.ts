import type { KeyRing } from "#platform/secrets";
import { readSignedId, signId, type TokenUse } from "#platform/signed-ids";
import type { RegistrationId } from "#shared/ids";

const USE: TokenUse = { purpose: "registration-challenge" };

/**
 * The secret of the client that registered: the registration's id, and the proof that we issued it. It is stored nowhere, and
 * opens nothing by itself: with a link of the same registration its password, name and username apply.
 */
export const challengeOf = (keys: Pick<KeyRing, "sign">, id: RegistrationId): string => signId(keys, USE, id);

/** The id in a genuine challenge, or null. */
export const readChallenge = (keys: Pick<KeyRing, "verify">, challenge: string): RegistrationId | null =>
  readSignedId(keys, USE, challenge) as RegistrationId | null;
