import { canonicalEmail, hasEmailForm } from "#shared/emails";
import type { FieldError } from "#shared/errors";
import { validateName as anyNameFaults } from "#shared/names";

/** The states of users of earlier versions with an unverified address; replaced by registrations and invitations. */
export const UNVERIFIED = ["PENDING_VERIFICATION", "PENDING_APPROVAL", "INVITED"] as const;

export { canonicalEmail, hasEmailForm };

export const USER_STATUSES = ["ACTIVE", "SUSPENDED", ...UNVERIFIED] as const;
export type UserStatus = (typeof USER_STATUSES)[number];

/** Whether the user was created by an earlier version and the address is unverified: such a user is treated as nonexistent. */
export const isUnverified = ({ status }: { readonly status: UserStatus }): boolean =>
  UNVERIFIED.some((unverified) => unverified === status);

const USERNAME = /^[A-Za-z0-9_.-]{3,32}$/;

const MAX_EMAIL_LENGTH = 254;
const MAX_LOCAL_PART_LENGTH = 64;

/**
 * Returns the faults of an address with a valid form (the schema's EmailAddress): too long for any mail server, or with dots not
 * permitted by RFC 5321, section 4.1.2, which mail servers interpret differently.
 */
export const validateEmail = (email: string, path: string): readonly FieldError[] => {
  const localPart = email.slice(0, email.lastIndexOf("@"));
  // Mail servers count the ASCII form of the domain.
  const tooLong =
    Math.max(email.length, canonicalEmail(email).length) > MAX_EMAIL_LENGTH || localPart.length > MAX_LOCAL_PART_LENGTH;
  if (tooLong)
    return [{ path, message: `Use at most ${MAX_EMAIL_LENGTH} characters, ${MAX_LOCAL_PART_LENGTH} before the @.` }];
  return /^\.|\.\.|\.$/.test(localPart) ? [{ path, message: "This is not a valid e-mail address." }] : [];
};

/** Returns the canonical form of a username, for comparison. */
export const canonicalUsername = (username: string): string => username.toLowerCase();

/** Returns the faults of a username: 3 to 32 letters, digits, or any of `_ . -`. Only ASCII is allowed, to prevent look-alikes. */
export const validateUsername = (username: string, path: string): readonly FieldError[] =>
  USERNAME.test(username) ? [] : [{ path, message: "Use 3 to 32 letters, digits, or any of _ . -" }];

/** Changes of a profile: null clears the name, absent leaves it unchanged. */
export interface ProfileChanges {
  readonly name?: string | null | undefined;
  readonly locale?: string | null | undefined;
}

export const MAX_NAME_LENGTH = 200;

/** Returns the faults of a person's name. */
export const validateName = (name: string, path: string): readonly FieldError[] =>
  anyNameFaults(name, path, MAX_NAME_LENGTH);
