import type { KeyRing } from "#platform/secrets";
import { readSignedId, signId, type TokenUse } from "#platform/signed-ids";
import type { ChallengeId } from "#shared/ids";

const USE: TokenUse = { purpose: "login-challenge" };

/** The token of the client that started the login: the challenge's id and a signature of the server. It is not stored. */
export const tokenOf = (keys: Pick<KeyRing, "sign">, id: ChallengeId): string => signId(keys, USE, id);

/** The id in a genuine token, or null. */
export const readToken = (keys: Pick<KeyRing, "verify">, token: string): ChallengeId | null =>
  readSignedId(keys, USE, token) as ChallengeId | null;
