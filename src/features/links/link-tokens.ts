import type { KeyRing } from "#platform/secrets";
import { readSignedId, readSignedIdBytes, SIGNED_ID_BYTES, signIdBytes, type TokenUse } from "#platform/signed-ids";
import { decodeAlphanumeric, encodeAlphanumeric } from "#shared/alphanumeric";
import type { LinkId } from "#shared/ids";

type Keys = Pick<KeyRing, "sign" | "verify">;

/**
 * The token in a link's address: the link's id, and the proof that we gave it out for this purpose. It is stored nowhere.
 * Letters and digits only: mail programs leave punctuation at the end out of a link.
 */
export const tokenOf = (keys: Keys, { id, purpose }: { readonly id: LinkId; readonly purpose: string }): string =>
  encodeAlphanumeric(signIdBytes(keys, useOf(purpose), id));

/** The id in a genuine token of this purpose, or null. No token of one purpose is ever one of another. */
export const readToken = (keys: Keys, purpose: string, token: string): LinkId | null => {
  const bytes = decodeAlphanumeric(token, SIGNED_ID_BYTES);
  const use = useOf(purpose);
  // base64url is how earlier versions spelled it: their mails are good until their links expire.
  const id = bytes ? readSignedIdBytes(keys, use, bytes) : readSignedId(keys, use, token);
  return id as LinkId | null;
};

/** What a genuine token is for, or null. */
export const purposeOf = <Purpose extends { readonly name: string }>(
  keys: Keys,
  purposes: readonly Purpose[],
  token: string,
): Purpose | null => purposes.find(({ name }) => readToken(keys, name, token) !== null) ?? null;

const useOf = (purpose: string): TokenUse => ({ purpose: "link", context: `${purpose}:` });
