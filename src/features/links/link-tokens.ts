import type { KeyRing } from "../../platform/secrets.ts";
import { readSignedId, signId, type TokenUse } from "../../platform/signed-ids.ts";
import type { LinkId } from "../../shared/ids.ts";
import { LINK_PURPOSES, type LinkPurpose } from "./links.policy.ts";

type Keys = Pick<KeyRing, "sign" | "verify">;

/** The token in a link's address: the link's id, and the proof that we gave it out for this purpose. It is stored nowhere. */
export const tokenOf = (keys: Keys, { id, purpose }: { readonly id: LinkId; readonly purpose: LinkPurpose }): string =>
  signId(keys, useOf(purpose), id);

/** The id in a genuine token of this purpose, or null. No token of one purpose is ever one of another. */
export const readToken = (keys: Keys, purpose: LinkPurpose, token: string): LinkId | null =>
  readSignedId(keys, useOf(purpose), token) as LinkId | null;

/** What a genuine token is for, or null. */
export const purposeOf = (keys: Keys, token: string): LinkPurpose | null =>
  LINK_PURPOSES.find((purpose) => readToken(keys, purpose, token) !== null) ?? null;

const useOf = (purpose: LinkPurpose): TokenUse => ({ purpose: "link", context: `${purpose}:` });
