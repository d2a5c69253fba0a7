import type { FieldFault } from "../../shared/errors.ts";
import { lineFaults } from "../../shared/text.ts";

/** The states of users of earlier versions who have not proved an address: registrations and invitations by now. */
export const UNPROVED = ["PENDING_VERIFICATION", "PENDING_APPROVAL", "INVITED"] as const;

export type UserStatus = "ACTIVE" | "SUSPENDED" | (typeof UNPROVED)[number];

/** Whether the user was made by an earlier version, and nobody has proved the address: such a user is treated as nobody. */
export const isUnproved = ({ status }: { readonly status: UserStatus }): boolean =>
  UNPROVED.some((unproved) => unproved === status);

const USERNAME = /^[A-Za-z0-9_.-]{3,32}$/;

/**
 * The one spelling of an address that is compared. Only ASCII addresses are accepted (the schema's EmailAddress), so that
 * no two that look alike differ; dots and +tags count, for they name different people at most providers.
 */
export const canonicalEmail = (email: string): string => email.trim().toLowerCase();

const MAX_EMAIL_LENGTH = 254;
const MAX_LOCAL_PART_LENGTH = 64;

/**
 * Whether this is an address at all: the form of the schema's EmailAddress (HTML Living Standard, valid e-mail address), for
 * addresses that reach us by another way.
 */
export const hasEmailForm = (email: string): boolean =>
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(
    email,
  );

/**
 * What is wrong with an address whose form is right (the schema's EmailAddress): too long for any mail server, or dots
 * where RFC 5321, section 4.1.2, has none, so that servers differ in whose address it is.
 */
export const emailFaults = (email: string, path: string): readonly FieldFault[] => {
  const localPart = email.slice(0, email.lastIndexOf("@"));
  const tooLong = email.length > MAX_EMAIL_LENGTH || localPart.length > MAX_LOCAL_PART_LENGTH;
  if (tooLong)
    return [{ path, message: `Use at most ${MAX_EMAIL_LENGTH} characters, ${MAX_LOCAL_PART_LENGTH} before the @.` }];
  return /^\.|\.\.|\.$/.test(localPart) ? [{ path, message: "This is not a valid e-mail address." }] : [];
};

/** The one spelling of a username that is compared. */
export const canonicalUsername = (username: string): string => username.toLowerCase();

/** What is wrong with a username: 3 to 32 of letters, digits, `_ . -`; no look-alikes, for only ASCII is allowed. */
export const usernameFaults = (username: string, path: string): readonly FieldFault[] =>
  USERNAME.test(username) ? [] : [{ path, message: "Use 3 to 32 letters, digits, or any of _ . -" }];

export const MAX_NAME_LENGTH = 200;

/** What is wrong with a person's name. */
export const nameFaults = (name: string, path: string): readonly FieldFault[] =>
  lineFaults(name, MAX_NAME_LENGTH, path);

/** What is wrong with a language: it must be a BCP 47 tag. */
export const localeFaults = (locale: string, path: string): readonly FieldFault[] =>
  /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/.test(locale)
    ? []
    : [{ path, message: "Use a BCP 47 language tag, such as en or de-CH." }];
