/**
 * Characters that people, keyboards and copied text put between the symbols of a code: blanks, dashes, direction marks and other
 * invisible characters.
 */
const BETWEEN_SYMBOLS = /[\s\p{Dash_Punctuation}\u2212\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
const DECIMAL_DIGIT = /^\p{Nd}$/u;

/**
 * A typed code without the characters between its symbols, and with the digits and letters of any script in ASCII if they have
 * such a form.
 */
export const compactCode = (typed: string): string =>
  typed
    .normalize("NFKC")
    .replace(BETWEEN_SYMBOLS, "")
    .replace(/\p{Nd}/gu, toAsciiDigit);

/** The `count` digits that a user typed, in ASCII; null if it is anything else. */
export const parseDigits = (typed: string, count: number): string | null => {
  const digits = compactCode(typed);
  return digits.length === count && /^[0-9]*$/.test(digits) ? digits : null;
};

/** Unicode encodes decimal digits in contiguous runs, each from zero to nine (The Unicode Standard, section 4.6). */
const toAsciiDigit = (digit: string): string => {
  const codePoint = digit.codePointAt(0) ?? 0;
  let first = codePoint;
  while (DECIMAL_DIGIT.test(String.fromCodePoint(first - 1))) first--;
  return String((codePoint - first) % 10);
};
