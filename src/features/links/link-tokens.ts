import type { KeyRing } from "#platform/secrets";
import {
  SIGNED_TOKEN_BYTES,
  signTokenBytes,
  type TokenPurpose,
  verifyToken,
  verifyTokenBytes,
} from "#platform/signed-token";
import { decodeAlphanumeric, encodeAlphanumeric } from "#shared/alphanumeric";
import type { LinkId } from "#shared/ids";

type Keys = Pick<KeyRing, "sign" | "verify">;

/**
 * The token in a link's URL: the link's id, and a signature over id and purpose. It is not stored.
 * Letters and digits only, because mail programs exclude trailing punctuation from a link.
 */
export const tokenOf = (keys: Keys, { id, purpose }: { readonly id: LinkId; readonly purpose: string }): string =>
  encodeAlphanumeric(signTokenBytes(keys, useOf(purpose), id));

/** The id in a genuine token of this purpose, or null. A token of one purpose is never valid for another. */
export const readToken = (keys: Keys, purpose: string, token: string): LinkId | null => {
  const bytes = decodeAlphanumeric(token, SIGNED_TOKEN_BYTES);
  const use = useOf(purpose);
  // Earlier versions used base64url. Their mails stay valid until the links expire.
  const id = bytes ? verifyTokenBytes(keys, use, bytes) : verifyToken(keys, use, token);
  return id as LinkId | null;
};

/** The purpose of a genuine token, or null. */
export const purposeOf = <Purpose extends { readonly name: string }>(
  keys: Keys,
  purposes: readonly Purpose[],
  token: string,
): Purpose | null => purposes.find(({ name }) => readToken(keys, name, token) !== null) ?? null;

const useOf = (purpose: string): TokenPurpose => ({ purpose: "link", context: `${purpose}:` });
