import { compactCode } from "#shared/typed-digits";

/** Crockford's base32: no letter that is taken for a digit, and no U. A power of two, so a random byte picks without bias. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** How many codes make a set. */
export const SET_SIZE = 10;

/**
 * Symbols of a code that are a secret, of 5 bits each. 45 bits are far beyond what the limit on wrong codes leaves to guess,
 * and slow to search through where the hashes are stolen.
 */
export const SECRET_SYMBOLS = 9;

const CODE_LENGTH = 1 + SECRET_SYMBOLS;
const GROUP = CODE_LENGTH / 2;

/** A code as it was read. */
export interface BackupCode {
  /** Which of its set it is. No secret: it says which hash the code is checked against. */
  readonly position: number;
  /** The one spelling of the code that is hashed. */
  readonly text: string;
}

/** The code at this position of a set, made of as many random bytes as it has secret symbols. */
export const backupCodeAt = (position: number, random: Uint8Array): BackupCode => ({
  position,
  text: [position, ...random].map(symbolOf).join(""),
});

/** As people read and type it: `3K7QD-9XW2M`. */
export const formatBackupCode = ({ text }: BackupCode): string => `${text.slice(0, GROUP)}-${text.slice(GROUP)}`;

/**
 * What somebody typed, or null where it is no code: case, spaces, dashes and direction marks do not matter, digits may be
 * those of any script, and the letters that look like 0 and 1 are read as these.
 */
export const parseBackupCode = (typed: string): BackupCode | null => {
  const text = compactCode(typed).toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1");
  const symbols = [...text];
  if (symbols.length !== CODE_LENGTH || !symbols.every((symbol) => ALPHABET.includes(symbol))) return null;
  const position = ALPHABET.indexOf(text.charAt(0));
  return position < SET_SIZE ? { position, text } : null;
};

const symbolOf = (byte: number): string => ALPHABET.charAt(byte % ALPHABET.length);
