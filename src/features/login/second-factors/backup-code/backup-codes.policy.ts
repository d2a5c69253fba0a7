import { compactCode } from "#shared/typed-digits";

/** Crockford's base32: no letters that look like digits, and no U. The size is a power of two, so a random byte maps without bias. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The number of codes in a set. */
export const SET_SIZE = 10;

/**
 * The number of secret symbols in a code, 5 bits each. 45 bits are far more than can be guessed within the limit on wrong codes,
 * and slow to search even if the hashes are stolen.
 */
export const SECRET_SYMBOLS = 9;

const CODE_LENGTH = 1 + SECRET_SYMBOLS;
const GROUP = CODE_LENGTH / 2;

/** A parsed code. */
export interface BackupCode {
  /** The position in the set. It is not secret: it selects the hash that the code is verified against. */
  readonly position: number;
  /** The canonical spelling, which is hashed. */
  readonly text: string;
}

/** The code at this position of a set, made from one random byte per secret symbol. */
export const backupCodeAt = (position: number, random: Uint8Array): BackupCode => ({
  position,
  text: [position, ...random].map(symbolOf).join(""),
});

/** The form shown to users: `3K7QD-9XW2M`. */
export const formatBackupCode = ({ text }: BackupCode): string => `${text.slice(0, GROUP)}-${text.slice(GROUP)}`;

/**
 * Parses a code as entered; null if it is malformed. Case, spaces, dashes and direction marks are ignored, digits of any script are
 * accepted, and letters that look like 0 and 1 are read as digits.
 */
export const parseBackupCode = (typed: string): BackupCode | null => {
  const text = compactCode(typed).toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1");
  const symbols = [...text];
  if (symbols.length !== CODE_LENGTH || !symbols.every((symbol) => ALPHABET.includes(symbol))) return null;
  const position = ALPHABET.indexOf(text.charAt(0));
  return position < SET_SIZE ? { position, text } : null;
};

const symbolOf = (byte: number): string => ALPHABET.charAt(byte % ALPHABET.length);
