import type { User } from "#features/users/index";
import { canonicalDomain, canonicalEmail } from "#shared/emails";
import { assertNever, type FieldError } from "#shared/errors";
import type { Order, Position } from "#shared/ordered-paging";

export const USER_ORDER_FIELDS = ["CREATED_AT", "LAST_LOGIN_AT", "EMAIL", "USERNAME"] as const;
export type UserOrderField = (typeof USER_ORDER_FIELDS)[number];
export type UserOrder = Order<UserOrderField>;

/** The second factors that an admin can filter by. NONE: the user has neither factor. */
export const USER_FACTORS = ["TOTP", "PASSKEY", "NONE"] as const;
export type UserFactor = (typeof USER_FACTORS)[number];

/** The position of a user in a list in this order. */
export const positionOf = (field: UserOrderField, user: User): Position => ({ key: keyOf(field, user), id: user.id });

const keyOf = (field: UserOrderField, user: User): string => {
  switch (field) {
    case "CREATED_AT":
      return "";
    case "LAST_LOGIN_AT":
      return user.lastLoginAt?.toISOString() ?? "";
    case "EMAIL":
      return user.emailCanonical;
    case "USERNAME":
      return user.usernameCanonical ?? "";
    default:
      return assertNever(field);
  }
};

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Whether `keyOf` can return this text. Cursors come from clients and must be checked. */
export const isKeyOf = (field: UserOrderField, key: string): boolean => {
  switch (field) {
    case "CREATED_AT":
      return key === "";
    case "LAST_LOGIN_AT":
      return key === "" || (INSTANT.test(key) && !key.startsWith("0000") && !Number.isNaN(Date.parse(key)));
    case "EMAIL":
    case "USERNAME":
      return !/\p{Cc}|\p{Surrogate}/u.test(key);
    default:
      return assertNever(field);
  }
};

/** Three consecutive letters or digits: the shortest text that the trigram index can find inside another one. */
const TRIGRAM = /[\p{L}\p{N}]{3}/u;

/** Whether the text is matched anywhere in address, username and name, and not only at their beginning. */
export const isFoundInside = (search: string): boolean => TRIGRAM.test(search);

/**
 * The spellings to search for. Domains are stored in ASCII; names in NFC, those of earlier versions also in NFD. Most search
 * texts are ASCII and have one spelling.
 */
export const spellingsOf = (search: string): readonly string[] => [
  ...new Set([search.normalize("NFC"), search.normalize("NFD"), canonicalEmail(search)].map(lowerAscii)),
];

/** Lowercases ASCII only. Other alphabets are left to Postgres, whose rules may differ from JavaScript's. */
const lowerAscii = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Returns a fault if the text is not an e-mail domain, otherwise an empty list. */
export const validateDomain = (domain: string, path: string): readonly FieldError[] =>
  canonicalDomain(domain) === null ? [{ path, message: "This is not an e-mail domain." }] : [];

/** The minimum risk of login attempts that users can be filtered by. */
export type UserRisk = "ELEVATED" | "HIGH";

/** The number of days before now whose login attempts the filter by risk considers. */
export const RISK_DAYS = 30;
