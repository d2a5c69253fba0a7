import type { KeyRing } from "../../platform/secrets.ts";
import { bytesOfUuid, type ChallengeId, uuidOfBytes } from "../../shared/ids.ts";

/** 16 bytes of the challenge's UUID and 32 of the MAC are exactly 64 characters: every token has one spelling only. */
const TOKEN = /^[A-Za-z0-9_-]{64}$/;
const ID_BYTES = 16;

/** What the client that began the login holds: the challenge's id, and the proof that we gave it out. It is stored nowhere. */
export const tokenOf = (keys: Pick<KeyRing, "sign">, id: ChallengeId): string => {
  const idBytes = bytesOfUuid(id);
  return Buffer.concat([idBytes, keys.sign("login-challenge", idBytes)]).toString("base64url");
};

/** The id in a genuine token, or null. */
export const readToken = (keys: Pick<KeyRing, "verify">, token: string): ChallengeId | null => {
  if (!TOKEN.test(token)) return null;
  const bytes = Buffer.from(token, "base64url");
  const [idBytes, mac] = [bytes.subarray(0, ID_BYTES), bytes.subarray(ID_BYTES)];
  return keys.verify("login-challenge", idBytes, mac) ? (uuidOfBytes(idBytes) as ChallengeId) : null;
};
