import { createRequire } from "node:module";
import { normalizePassword } from "#shared/password-text";

/** The part of `@zxcvbn-ts/language-common` that is used: about 49,000 passwords from leaks, in lower case. */
interface LanguageCommon {
  readonly dictionary: { readonly "passwords-common": readonly string[] };
}

let list: ReadonlySet<string> | undefined;

/** Loaded on first use and kept: a process that never sets a password does not need it. */
const commonPasswords = (): ReadonlySet<string> => {
  if (list === undefined) {
    const { dictionary } = createRequire(import.meta.url)("@zxcvbn-ts/language-common") as LanguageCommon;
    list = new Set(dictionary["passwords-common"].map(fold));
  }
  return list;
};

const fold = (password: string): string => normalizePassword(password).toLowerCase();

/** Whether a password is one of those that attackers try first. Case and compatibility forms are ignored. */
export const isCommonPassword = (password: string): boolean => commonPasswords().has(fold(password));
