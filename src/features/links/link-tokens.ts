import type { KeyRing } from "../../platform/secrets.ts";
import { bytesOfUuid, type LinkId, uuidOfBytes } from "../../shared/ids.ts";
import { LINK_PURPOSES, type LinkPurpose } from "./links.policy.ts";

/** 16 bytes of the link's UUID and 32 of the MAC are exactly 64 characters: every token has one spelling only. */
const TOKEN = /^[A-Za-z0-9_-]{64}$/;
const ID_BYTES = 16;

type Keys = Pick<KeyRing, "sign" | "verify">;

/** The token in a link's address: the link's id, and the proof that we gave it out for this purpose. It is stored nowhere. */
export const tokenOf = (
  keys: Keys,
  { id, purpose }: { readonly id: LinkId; readonly purpose: LinkPurpose },
): string => {
  const idBytes = bytesOfUuid(id);
  return Buffer.concat([idBytes, keys.sign("link", messageOf(purpose, idBytes))]).toString("base64url");
};

/** The id in a genuine token of this purpose, or null. No token of one purpose is ever one of another. */
export const readToken = (keys: Keys, purpose: LinkPurpose, token: string): LinkId | null => {
  if (!TOKEN.test(token)) return null;
  const bytes = Buffer.from(token, "base64url");
  const [idBytes, mac] = [bytes.subarray(0, ID_BYTES), bytes.subarray(ID_BYTES)];
  return keys.verify("link", messageOf(purpose, idBytes), mac) ? (uuidOfBytes(idBytes) as LinkId) : null;
};

/** What a genuine token is for, or null. */
export const purposeOf = (keys: Keys, token: string): LinkPurpose | null =>
  LINK_PURPOSES.find((purpose) => readToken(keys, purpose, token) !== null) ?? null;

const messageOf = (purpose: LinkPurpose, idBytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${purpose}:`), idBytes]);
