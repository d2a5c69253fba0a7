import type { FieldError } from "./errors.ts";
import { forbidWebAddress, validateLine } from "./text.ts";

/** Scripts whose letters join, and emoji: between these characters, a joiner is part of the spelling (UTS 46, ContextJ). */
const JOINING =
  "[\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Mongolian}\\p{Script=Nko}\\p{Script=Devanagari}\\p{Script=Bengali}\\p{Script=Gurmukhi}" +
  "\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}\\p{Script=Malayalam}\\p{Script=Sinhala}" +
  "\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Inherited}\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\p{Variation_Selector}]";
const KEPT_JOINER = `(?<=${JOINING})[\\u200C\\u200D](?=${JOINING})`;
/** Variants of emoji and of Han characters; meaningless alone. */
const KEPT_SELECTOR = "(?<=[\\p{L}\\p{N}\\p{S}])\\p{Variation_Selector}";

/** Format and bidi control characters, and other invisible characters: they reorder and disguise the text around them. */
const INVISIBLE = new RegExp(`(?!${KEPT_JOINER}|${KEPT_SELECTOR})[\\p{Cf}\\p{Default_Ignorable_Code_Point}]`, "gu");

/** Letters and symbols with a blank glyph that Unicode classifies as visible: Braille blank and the null note head. */
const BLANK = /[\u2800\u{1D159}]/gu;

/** A name in the form in which it is stored: normalized (NFC), without invisible characters and surrounding blanks. */
export const cleanName = (name: string): string => name.normalize("NFC").replace(INVISIBLE, "").trim();

/** Like `cleanName`, but null if nothing was given. */
export const cleanNameOrNull = (name: string | null | undefined): string | null => cleanName(name ?? "") || null;

/** The faults of a name of a person or thing. An empty name counts as not given and has no faults. */
export const validateName = (name: string, path: string, maxLength: number): readonly FieldError[] => {
  const faults = validateLine(name, maxLength, path);
  if (faults.length > 0 || /^\p{White_Space}*$/u.test(name)) return faults;
  return hasVisibleCharacter(cleanName(name)) ? [] : [{ path, message: "Use a name with visible characters." }];
};

const hasVisibleCharacter = (text: string): boolean =>
  /[\p{L}\p{N}\p{P}\p{S}]/u.test(text.replace(BLANK, "").replace(/\p{Default_Ignorable_Code_Point}/gu, ""));

/**
 * The faults of a company name, which is mailed to people who do not know the company. In addition to the faults of any name:
 * everything that mail programs turn into a link.
 */
export const validateCompanyName = (name: string, path: string, maxLength: number): readonly FieldError[] => {
  const cleaned = cleanName(name);
  if (cleaned === "") return [{ path, message: "Enter the company's name." }];
  const [fault] = [
    ...validateName(name, path, maxLength),
    ...forbidWebAddress(cleaned, path),
    ...forbidHost(cleaned, path),
  ];
  return fault ? [fault] : [];
};

/** German legal forms such as "GmbH & Co.KG" look like a host but are not one. */
const LEGAL_FORM = /(?<=&\s?Co)\.(?=(KG|OHG|KGaA)\b)/giu;
/**
 * `label.tld`: a dot between letters or digits, with at least two letters after it. Browsers treat U+3002 and related characters
 * as dots.
 */
const HOST = /[\p{L}\p{N}][.\u3002\uFF0E\uFF61](xn--[a-z0-9]|\p{L}{2})/iu;

const forbidHost = (name: string, path: string): readonly FieldError[] =>
  HOST.test(name.replace(LEGAL_FORM, ""))
    ? [{ path, message: "Write the name without a dot between letters: mail programs treat that as a web address." }]
    : [];

/** What mail programs turn into a link: a scheme, `www.`, a host, an e-mail address. */
const LINKING = /:(?=\/\/)|(?<=[\p{L}\p{N}])[.\u3002\uFF0E\uFF61@](?=[\p{L}\p{N}])/gu;

/**
 * The text in a form that mail programs do not turn into a link, with a zero-width space after each mark, which people do not
 * see.
 */
export const unlinkable = (text: string): string => text.replace(LINKING, "$&\u200B");
