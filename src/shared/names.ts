import type { FieldFault } from "./errors.ts";
import { lineFaults, webAddressFaults } from "./text.ts";

/** Of scripts whose letters join, and of emoji: between these a joiner is part of the spelling (UTS 46, ContextJ). */
const JOINING =
  "[\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Mongolian}\\p{Script=Nko}\\p{Script=Devanagari}\\p{Script=Bengali}\\p{Script=Gurmukhi}" +
  "\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}\\p{Script=Malayalam}\\p{Script=Sinhala}" +
  "\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Inherited}\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\p{Variation_Selector}]";
const KEPT_JOINER = `(?<=${JOINING})[\\u200C\\u200D](?=${JOINING})`;
/** Variants of emoji and of Han characters; alone it is nothing. */
const KEPT_SELECTOR = "(?<=[\\p{L}\\p{N}\\p{S}])\\p{Variation_Selector}";

/** Format and bidi control characters, and others that are never seen: they reorder and disguise the text around them. */
const INVISIBLE = new RegExp(`(?!${KEPT_JOINER}|${KEPT_SELECTOR})[\\p{Cf}\\p{Default_Ignorable_Code_Point}]`, "gu");

/** Letters and symbols whose glyph is blank, though Unicode calls them visible: Braille blank and the null note head. */
const BLANK = /[\u2800\u{1D159}]/gu;

/** A name as it is stored: in one spelling (NFC), without invisible characters and without blanks around it. */
export const cleanName = (name: string): string => name.normalize("NFC").replace(INVISIBLE, "").trim();

/** The same, or null if nothing was given. */
export const cleanNameOrNull = (name: string | null | undefined): string | null => cleanName(name ?? "") || null;

/** What is wrong with a name of a person or thing. An empty one counts as not given, and nothing is wrong with it. */
export const nameFaults = (name: string, path: string, maxLength: number): readonly FieldFault[] => {
  const faults = lineFaults(name, maxLength, path);
  if (faults.length > 0 || /^\p{White_Space}*$/u.test(name)) return faults;
  return hasVisibleCharacter(cleanName(name)) ? [] : [{ path, message: "Use a name that can be seen." }];
};

const hasVisibleCharacter = (text: string): boolean =>
  /[\p{L}\p{N}\p{P}\p{S}]/u.test(text.replace(BLANK, "").replace(/\p{Default_Ignorable_Code_Point}/gu, ""));

/**
 * What is wrong with the name of a company, which our mails tell to strangers: beside what is wrong with any name,
 * everything that mail programs turn into a link.
 */
export const companyNameFaults = (name: string, path: string, maxLength: number): readonly FieldFault[] => {
  const cleaned = cleanName(name);
  if (cleaned === "") return [{ path, message: "Give the company's name." }];
  const [fault] = [
    ...nameFaults(name, path, maxLength),
    ...webAddressFaults(cleaned, path),
    ...hostFaults(cleaned, path),
  ];
  return fault ? [fault] : [];
};

/** German legal forms are written like a host, "GmbH & Co.KG", and are none. */
const LEGAL_FORM = /(?<=&\s?Co)\.(?=(KG|OHG|KGaA)\b)/giu;
/** `label.tld`: a dot between letters or digits, with at least two letters after it. Browsers take U+3002 and its relatives for dots. */
const HOST = /[\p{L}\p{N}][.\u3002\uFF0E\uFF61](xn--[a-z0-9]|\p{L}{2})/iu;

const hostFaults = (name: string, path: string): readonly FieldFault[] =>
  HOST.test(name.replace(LEGAL_FORM, ""))
    ? [{ path, message: "Write the name without a dot between letters: mail programs take that for a web address." }]
    : [];

/** What makes a link of text in some mail program: a scheme, `www.`, a host, an e-mail address. */
const LINKING = /:(?=\/\/)|(?<=[\p{L}\p{N}])[.\u3002\uFF0E\uFF61@](?=[\p{L}\p{N}])/gu;

/** Text that no mail program makes a link of; people see no difference (a zero-width space after each mark). */
export const unlinkable = (text: string): string => text.replace(LINKING, "$&\u200B");
