import { bytesOfUuid, uuidOfBytes } from "#shared/ids";
import type { KeyRing, MacPurpose } from "./secrets.ts";

/** 16 bytes of a UUID and 32 of a MAC are exactly 64 characters: every token has one spelling only. */
const TOKEN = /^[A-Za-z0-9_-]{64}$/;
const ID_BYTES = 16;
const MAC_BYTES = 32;

/** The length of a signed id in bytes. */
export const SIGNED_ID_BYTES = ID_BYTES + MAC_BYTES;

/** What a token is for. */
export interface TokenUse {
  readonly purpose: MacPurpose;
  /** What the token holds for within its purpose, written so that no two contexts read alike. */
  readonly context?: string;
}

/** A token that names the id and proves that we gave it out for this use. It need not be stored. */
export const signId = (keys: Pick<KeyRing, "sign">, use: TokenUse, id: string): string =>
  signIdBytes(keys, use, id).toString("base64url");

/** The bytes of such a token, for tokens that are spelled otherwise. */
export const signIdBytes = (keys: Pick<KeyRing, "sign">, use: TokenUse, id: string): Buffer => {
  const idBytes = bytesOfUuid(id);
  return Buffer.concat([idBytes, keys.sign(use.purpose, messageOf(use, idBytes))]);
};

/** The id in a token that `signId` made for this use, or null. No token of one use is ever one of another. */
export const readSignedId = (keys: Pick<KeyRing, "verify">, use: TokenUse, token: string): string | null =>
  TOKEN.test(token) ? readSignedIdBytes(keys, use, Buffer.from(token, "base64url")) : null;

/** The id in the bytes that `signIdBytes` made for this use, or null. */
export const readSignedIdBytes = (keys: Pick<KeyRing, "verify">, use: TokenUse, bytes: Buffer): string | null => {
  const [idBytes, mac] = [bytes.subarray(0, ID_BYTES), bytes.subarray(ID_BYTES)];
  return keys.verify(use.purpose, messageOf(use, idBytes), mac) ? uuidOfBytes(idBytes) : null;
};

/** The id is always the last 16 bytes: what comes before it is the context, all of it. */
const messageOf = ({ context = "" }: TokenUse, idBytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(context), idBytes]);
