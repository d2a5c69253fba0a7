import type { KeyRing } from "#platform/secrets";
import { signToken, type TokenPurpose, verifyToken } from "#platform/signed-token";
import type { ChallengeId } from "#shared/ids";

const USE: TokenPurpose = { purpose: "login-challenge" };

/** The token of the client that started the login: the challenge's id and a signature of the server. It is not stored. */
export const tokenOf = (keys: Pick<KeyRing, "sign">, id: ChallengeId): string => signToken(keys, USE, id);

/** The id in a genuine token, or null. */
export const readToken = (keys: Pick<KeyRing, "verify">, token: string): ChallengeId | null =>
  verifyToken(keys, USE, token) as ChallengeId | null;
