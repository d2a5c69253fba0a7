import type { Locale } from "#shared/locales";
import { cleanName, unlinkable } from "#shared/names";

/** British English writes the day first and the month as a word, so no reader confuses the two. */
const INTL_LOCALE: Record<Locale, string> = { en: "en-GB", de: "de-DE" };

/** As long as the longest text that users can write to each other: an admin's reason. */
const LONGEST_VALUE = 500;

/** Formats values for the reader: moments and numbers in their language, text on one line. */
export const present = (data: Record<string, unknown>, locale: Locale): Record<string, unknown> =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, presentValue(key, value, locale)]));

const presentValue = (key: string, value: unknown, locale: Locale): unknown => {
  if (value instanceof Date) return presentMoment(value, locale);
  if (typeof value === "number") return new Intl.NumberFormat(INTL_LOCALE[locale]).format(value);
  if (Array.isArray(value)) return value.map((item) => present(item, locale));
  if (typeof value !== "string") return value;
  const text = presentText(value);
  return ADDRESSES.has(key) && PLAIN_ADDRESS.test(text) ? text : unlinkable(text);
};

/** Values that readers copy from a mail. */
const ADDRESSES: ReadonlySet<string> = new Set(["email", "newEmail", "ipAddress"]);
/** An e-mail address whose local part cannot be read as a web address, or an IP address. */
const PLAIN_ADDRESS = /^([\w.+%-]+@[^\s/]+|[\d.]+|[\da-f:.]+)$/i;

/** `20 November 2026 at 06:01 UTC`. UTC because the reader's time zone is unknown. */
const presentMoment = (moment: Date, locale: Locale): string => {
  const format = new Intl.DateTimeFormat(INTL_LOCALE[locale], {
    dateStyle: "long",
    timeStyle: "short",
    timeZone: "UTC",
  });
  return `${format.format(moment)} UTC`;
};

/** A name must not start a new line of the mail, reverse the reading direction, hide parts of it, or fill a page. */
const presentText = (text: string): string => {
  const line = cleanName(text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " "));
  return line.length > LONGEST_VALUE ? `${[...line].slice(0, LONGEST_VALUE - 1).join("")}…` : line;
};

/** For an attribute in double quotes. Handlebars' own escaping also rewrites `=`, which breaks links in some mail programs. */
export const escapeUrl = (url: string): string =>
  url.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
