/** How hard a password is to guess: 0 is refused, 4 is strong. */
export type Strength = 0 | 1 | 2 | 3 | 4;

/** What is wrong with it, most important first. */
export type PasswordFault = "TOO_SHORT" | "CONTAINS_OWN" | "COMMON" | "REPEATED";

export interface PasswordRating {
  readonly strength: Strength;
  readonly fault: PasswordFault | null;
}

/** The API knows many more; these are the ones that most people try first. */
const COMMON = [
  "password",
  "passwort",
  "qwerty",
  "qwertz",
  "asdfgh",
  "letmein",
  "welcome",
  "admin",
  "iloveyou",
  "dragon",
];

const SEQUENCES = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "asdfghjkl"];

/** Shorter parts of a name or an address occur by chance. */
const MIN_OWN_LENGTH = 4;

/** How many bits a password of each strength has at least. */
const BITS = [28, 40, 56, 72] as const;

/**
 * A rough estimate while the user types: length and variety, without what attackers try first. The API decides; it also refuses
 * passwords that are known from breaches.
 *
 * @param own the user's names and addresses, which the password must not contain
 */
export const ratePassword = (
  password: string,
  { minLength, own }: { readonly minLength: number; readonly own: readonly string[] },
): PasswordRating => {
  const text = password.normalize("NFKC").toLowerCase();
  const length = [...text].length;
  if (length < minLength) return { strength: 0, fault: "TOO_SHORT" };
  if (partsOf(own).some((part) => text.includes(part))) return { strength: 0, fault: "CONTAINS_OWN" };
  const strength = strengthOf(bitsOf(password, withoutPatterns(text)));
  if (strength > 0) return { strength, fault: null };
  return { strength, fault: COMMON.some((word) => text.includes(word)) ? "COMMON" : "REPEATED" };
};

const partsOf = (own: readonly string[]): readonly string[] =>
  own
    .flatMap((text) => [text, ...text.split(/[@.\s_-]+/)])
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part.length >= MIN_OWN_LENGTH);

/** What remains when common words, sequences and repetitions are reduced to one character each. */
const withoutPatterns = (text: string): string => {
  const withoutWords = COMMON.reduce((rest, word) => rest.replaceAll(word, "*"), text);
  const withoutSequences = SEQUENCES.reduce((rest, sequence) => {
    let shorter = rest;
    for (let start = 0; start + 4 <= sequence.length; start++)
      shorter = shorter.replaceAll(sequence.slice(start, start + 4), "*");
    return shorter;
  }, withoutWords);
  return withoutSequences.replace(/(.+?)\1{2,}/gu, "$1");
};

const bitsOf = (password: string, reduced: string): number => {
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}]/u, /\p{Lo}/u];
  const sizes = [26, 26, 10, 30, 100];
  const alphabet = kinds.reduce((sum, kind, index) => sum + (kind.test(password) ? (sizes[index] ?? 0) : 0), 0);
  return new Set(reduced).size < 4 ? 0 : [...reduced].length * Math.log2(Math.max(alphabet, 2));
};

const strengthOf = (bits: number): Strength => BITS.filter((limit) => bits >= limit).length as Strength;
