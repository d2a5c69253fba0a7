import { directionOf, type Locale } from "#shared/locales";
import { cleanName, unlinkable } from "#shared/names";
import { Quantity } from "./quantity.ts";
import type { Field, Fields } from "./templates/fields.ts";
import { fill, WORDS } from "./words.ts";

/** British English writes the day first and the month as a word, so no reader confuses the two. */
// Arabic with the digits of codes and addresses, whatever the version of ICU prefers.
const INTL_LOCALE: Record<Locale, string> = { en: "en-GB", de: "de-DE", ar: "ar-u-ca-gregory-nu-latn" };

/** As long as the longest text that users can write to each other: an admin's reason. */
const LONGEST_VALUE = 500;

/** Values for the reader: moments and numbers in their language, text on one line and isolated. */
export const present = (data: Record<string, unknown>, fields: Fields, locale: Locale): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, presentValue(key, value, fields.get(key), locale)]),
  );

const presentValue = (key: string, value: unknown, field: Field | undefined, locale: Locale): unknown => {
  // Not shown, but replaced by a text.
  if (field?.kind === "CHOICE") return value;
  if (value instanceof Date) return presentMoment(value, locale);
  if (typeof value === "number") return new Quantity(value, new Intl.NumberFormat(INTL_LOCALE[locale]));
  if (Array.isArray(value) && field?.kind === "LIST") return value.map((item) => present(item, field.items, locale));
  if (typeof value !== "string") return value;
  const text = presentText(value);
  if (DEVICES.has(key)) return isolate(presentDevices(text, locale), locale);
  return isolate(ADDRESSES.has(key) && PLAIN_ADDRESS.test(text) ? text : unlinkable(text), locale);
};

const RIGHT_TO_LEFT_LETTER =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

/**
 * A value between the marks FSI and PDI, so that a name, an address or a device of the other writing direction does not reorder
 * the words around it (UAX #9, section 2.4). Marks in the value itself were removed.
 */
export const isolate = (value: string, locale: Locale): string =>
  directionOf(locale) === "rtl" || RIGHT_TO_LEFT_LETTER.test(value) ? `\u2068${value}\u2069` : value;

const DEVICES: ReadonlySet<string> = new Set(["device", "newDevice"]);

/** One device, or several after commas: `Firefox on Windows and Safari on iOS`. */
const presentDevices = (labels: string, locale: Locale): string =>
  new Intl.ListFormat(INTL_LOCALE[locale]).format(labels.split(", ").map((device) => presentDevice(device, locale)));

/** `Firefox on Windows` in the reader's language; the names are the same in each. */
const presentDevice = (device: string, locale: Locale): string => {
  const [browser = "", system] = device.split(" on ").map((part) => isolate(unlinkable(part), locale));
  return system === undefined ? browser : fill(WORDS[locale].device, { browser, system });
};

/** Values that readers copy from a mail. */
const ADDRESSES: ReadonlySet<string> = new Set(["email", "newEmail", "ipAddress"]);
/** An e-mail address whose local part cannot be read as a web address, or an IP address. */
const PLAIN_ADDRESS = /^([\w.+%-]+@[^\s/]+|[\d.]+|[\da-f:.]+)$/i;

/** `20 November 2026 at 06:01 UTC`. UTC because the reader's time zone is unknown. */
const presentMoment = (moment: Date, locale: Locale): string => {
  const format = (style: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(INTL_LOCALE[locale], { ...style, timeZone: "UTC" }).format(moment);
  return fill(WORDS[locale].moment, { date: format({ dateStyle: "long" }), time: format({ timeStyle: "short" }) });
};

/** A name must not start a new line of the mail, reverse the reading direction, hide parts of it, or fill a page. */
const presentText = (text: string): string => {
  const line = cleanName(text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " "));
  return line.length > LONGEST_VALUE ? `${[...line].slice(0, LONGEST_VALUE - 1).join("")}…` : line;
};

/** For an attribute in double quotes. Handlebars' own escaping also rewrites `=`, which breaks links in some mail programs. */
export const escapeUrl = (url: string): string =>
  url.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
