import {
  MAX_PASSWORD_LENGTH,
  MAX_RAW_PASSWORD_LENGTH,
  MIN_PASSWORD_LENGTH,
  normalizePassword,
} from "#shared/password-text";

export interface PasswordContext {
  /** The tenant's minimum, in code points. It can raise the general minimum but not lower it. */
  readonly minLength: number;
  readonly email: string;
  readonly username?: string | null;
  readonly name?: string | null;
  /** The name of the product for its users. */
  readonly product: string;
  /** The name of the user's tenant. */
  readonly tenantName?: string | null;
  readonly isCommon: (password: string) => boolean;
}

/** The faults of a new password as messages for the user; empty if it is acceptable. A message never contains the password. */
export const validatePassword = (password: string, context: PasswordContext): string[] => {
  // Check the length first, so that nothing below processes a megabyte.
  if (password.length > MAX_RAW_PASSWORD_LENGTH) return [TOO_LONG];
  // Lone surrogates have no UTF-8 form: encoding maps them all, and so different passwords, to the same bytes.
  if (LONE_SURROGATE.test(password)) return ["The password contains characters that are not valid Unicode."];

  const normalized = normalizePassword(password);
  const length = [...normalized].length;
  const minLength = Math.max(MIN_PASSWORD_LENGTH, context.minLength);
  const faults: string[] = [];
  if (length < minLength) faults.push(`The password needs at least ${minLength} characters.`);
  if (length > MAX_PASSWORD_LENGTH) faults.push(TOO_LONG);
  if (context.isCommon(normalized)) faults.push("The password is too common and easy to guess.");
  if (isOwnerData(normalized, context)) faults.push("The password must not be your e-mail address, username or name.");
  else if (containsContext(normalized, context))
    faults.push("The password must not contain your e-mail address, your company's name or the name of this product.");
  return faults;
};

const TOO_LONG = `The password may have at most ${MAX_PASSWORD_LENGTH} characters.`;
const LONE_SURROGATE = /\p{Surrogate}/u;
const SEPARATORS = /[\s\p{P}]+/gu;

const isOwnerData = (password: string, { email, username, name }: PasswordContext): boolean =>
  [email, localPart(email), username, name].some((own) => own != null && isSameText(own, password));

/** Shorter tenant names occur in too many words. */
const SHORTEST_CONTEXT = 4;

/** Whether it contains what an attacker who knows the site tries first (NIST SP 800-63B-4, section 3.1.1.2). */
const containsContext = (password: string, { product, email, tenantName }: PasswordContext): boolean => {
  const bare = bareOf(password);
  const contexts = [product, tenantName ?? "", email].map(bareOf);
  return contexts.some((text) => text.length >= SHORTEST_CONTEXT && bare.includes(text));
};

const localPart = (email: string): string => email.slice(0, Math.max(0, email.lastIndexOf("@")));

/** Compares without case, compatibility forms, spaces and punctuation: "Ada Lovelace", "ada.lovelace" and "AdaLovelace!" match. */
const isSameText = (one: string, other: string): boolean => {
  const [a, b] = [fold(one), fold(other)];
  if (a === "") return false;
  const [bareA, bareB] = [bareOf(one), bareOf(other)];
  return a === b || (bareA !== "" && bareA === bareB);
};

const fold = (text: string): string => normalizePassword(text).toLowerCase();

const bareOf = (text: string): string => fold(text).replace(SEPARATORS, "");

/**
 * Whether two passwords are the same to the user: compares the normalized text that is hashed. The caller entered both, so the
 * result discloses nothing, and if one is the current password, "same" is exactly what its hash would show.
 */
export const isSamePassword = (one: string, other: string): boolean =>
  one.length <= MAX_RAW_PASSWORD_LENGTH &&
  other.length <= MAX_RAW_PASSWORD_LENGTH &&
  normalizePassword(one) === normalizePassword(other);
