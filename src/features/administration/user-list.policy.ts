import type { User } from "#features/users/index";
import { canonicalDomain, canonicalEmail } from "#shared/emails";
import { assertNever, type FieldFault } from "#shared/errors";
import type { Order, Place } from "#shared/ordered-paging";

export const USER_ORDER_FIELDS = ["CREATED_AT", "LAST_LOGIN_AT", "EMAIL", "USERNAME"] as const;
export type UserOrderField = (typeof USER_ORDER_FIELDS)[number];
export type UserOrder = Order<UserOrderField>;

/** The second factors that an admin can filter by; NONE: no factor of the user's own. */
export const USER_FACTORS = ["TOTP", "PASSKEY", "NONE"] as const;
export type UserFactor = (typeof USER_FACTORS)[number];

/** Where a user is in a list in this order. */
export const placeOf = (field: UserOrderField, user: User): Place => ({ key: keyOf(field, user), id: user.id });

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

/** Whether `keyOf` can return this text: cursors come from clients. */
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

/** Three letters or digits in a row: the shortest text that the trigram index can find inside another one. */
const TRIGRAM = /[\p{L}\p{N}]{3}/u;

/** Whether the text is looked for anywhere, and not only at the beginning of address, username and name. */
export const isFoundInside = (search: string): boolean => TRIGRAM.test(search);

/**
 * The spellings to look for. Domains are stored in ASCII; names in NFC, those of earlier versions also in NFD. The text of most
 * searches is ASCII and has one spelling.
 */
export const spellingsOf = (search: string): readonly string[] => [
  ...new Set([search.normalize("NFC"), search.normalize("NFD"), canonicalEmail(search)].map(lowerAscii)),
];

/** Other alphabets are left to Postgres, whose rules may differ from JavaScript's. */
const lowerAscii = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

/** The fault of a text that is not an e-mail domain. */
export const domainFaults = (domain: string, path: string): readonly FieldFault[] =>
  canonicalDomain(domain) === null
    ? [{ path, message: "This is not an e-mail domain." }]
    : []; /** The least risk of login attempts that users are filtered by. */
export type UserRisk = "ELEVATED" | "HIGH";

/** How far back the attempts are looked at for that filter. */
export const RISK_DAYS = 30;
