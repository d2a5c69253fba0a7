import { cleanName, validateName } from "./names.ts";

/** Whether a text is an origin as browsers send it: scheme, host and port; includes origins of apps (`capacitor://localhost`). */
export const isOrigin = (text: string): boolean => {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s,*]+$/.test(text)) return false;
  try {
    const { origin } = new URL(text);
    // For schemes that it does not know, Node returns "null".
    return origin === text || origin === "null";
  } catch {
    return false;
  }
};

/** Whether a text is a single sender: `name@host`, or `Some Name <name@host>`. */
export const isMailSender = (text: string): boolean =>
  /^(?:[^<>\r\n]*<[^\s<>@,;"]+@[^\s<>@,;"]+>|[^\s<>@,;"]+@[^\s<>@,;"]+)$/.test(text.trim());

/** Some dialogs of passkeys truncate longer names (Web Authentication, section 6.4.1: 64 bytes). */
const MAX_PRODUCT_NAME_LENGTH = 60;

/** The faults of the product's name. The operator may choose a host name; only what disguises or breaks a text is refused. */
export const faultsOfProductName = (name: string): string[] => {
  const faults = validateName(name, "", MAX_PRODUCT_NAME_LENGTH).map(({ message }) => message);
  if (name === "") faults.push("Enter a name.");
  if (name !== cleanName(name)) faults.push("Invisible characters and marks of the writing direction are not allowed.");
  // Authenticator apps separate the product from the account by a colon (Key Uri Format, "Label").
  if (name.includes(":")) faults.push("A colon is not allowed, because authenticator apps write one after the name.");
  return faults;
};

/** Whether every part of a URL's credentials can be decoded. */
export const isDecodable = (text: string): boolean => {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
};

/** Names of at least this length may differ in two letters; shorter ones in one. */
const LONG_NAME = 10;
/** For shorter names, too many other programs have similar ones. */
const SHORTEST_NAME = 8;

/**
 * Names that are not settings but resemble one that is not set: `DATABSE_URL`. If the setting itself is set, the other name is
 * assumed to belong to another program.
 */
export const findMistypedNames = (
  given: readonly string[],
  known: readonly string[],
): { readonly name: string; readonly meant: string }[] => {
  const missing = known.filter((name) => name.length >= SHORTEST_NAME && !given.includes(name));
  return given
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const meant = missing.find((each) => isSimilar(name.toUpperCase(), each));
      return meant === undefined ? [] : [{ name, meant }];
    });
};

const isSimilar = (name: string, known: string): boolean => {
  const tolerance = known.length >= LONG_NAME ? 2 : 1;
  return Math.abs(name.length - known.length) <= tolerance && countEdits(name, known) <= tolerance;
};

/** The number of letters to insert, delete, replace or swap (Damerau–Levenshtein, optimal string alignment). */
const countEdits = (one: string, other: string): number => {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= one.length; row++) {
    rows[row] = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      const edits = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
      rows[row]?.push(edits);
    }
  }
  return at(one.length, other.length);
};
