import { bytesOfUuid, uuidOfBytes } from "#shared/ids";
import type { KeyRing, MacPurpose } from "./secrets.ts";

/** 16 bytes of a UUID and 32 of a MAC are exactly 64 characters, so every token has only one spelling. */
const TOKEN = /^[A-Za-z0-9_-]{64}$/;
const ID_BYTES = 16;
const MAC_BYTES = 32;

/** The length of a signed token. */
export const SIGNED_TOKEN_BYTES = ID_BYTES + MAC_BYTES;

/** What a token is for. */
export interface TokenPurpose {
  readonly purpose: MacPurpose;
  /** Restricts the token within its purpose; written so that no context can be mistaken for another. */
  readonly context?: string;
}

/** A token that contains the id and proves that Portcullis issued it for this use. It need not be stored. */
export const signToken = (keys: Pick<KeyRing, "sign">, use: TokenPurpose, id: string): string =>
  signTokenBytes(keys, use, id).toString("base64url");

/** The bytes of such a token, for tokens with another spelling. */
export const signTokenBytes = (keys: Pick<KeyRing, "sign">, use: TokenPurpose, id: string): Buffer => {
  const idBytes = bytesOfUuid(id);
  return Buffer.concat([idBytes, keys.sign(use.purpose, messageOf(use, idBytes))]);
};

/** The id in a token that `signToken` created for this use, or null. A token is never valid for another use. */
export const verifyToken = (keys: Pick<KeyRing, "verify">, use: TokenPurpose, token: string): string | null =>
  TOKEN.test(token) ? verifyTokenBytes(keys, use, Buffer.from(token, "base64url")) : null;

/** The id in the bytes that `signTokenBytes` created for this use, or null. */
export const verifyTokenBytes = (keys: Pick<KeyRing, "verify">, use: TokenPurpose, bytes: Buffer): string | null => {
  const [idBytes, mac] = [bytes.subarray(0, ID_BYTES), bytes.subarray(ID_BYTES)];
  return keys.verify(use.purpose, messageOf(use, idBytes), mac) ? uuidOfBytes(idBytes) : null;
};

/** The id is always the last 16 bytes; everything before it is the context. */
const messageOf = ({ context = "" }: TokenPurpose, idBytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(context), idBytes]);
