const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE = BigInt(DIGITS.length);

/** How many digits `bytes` bytes need. */
const lengthOf = (bytes: number): number => Math.ceil((bytes * 8) / Math.log2(DIGITS.length));

/** Bytes as letters and digits only (base 62), always of the same length for the same number of bytes. */
export const encodeAlphanumeric = (bytes: Buffer): string => {
  let text = "";
  for (let rest = BigInt(`0x${bytes.toString("hex")}`); rest > 0n; rest /= BASE)
    text = DIGITS.charAt(Number(rest % BASE)) + text;
  return text.padStart(lengthOf(bytes.length), "0");
};

/** The bytes that `encodeAlphanumeric` wrote as `text`, or null if the text encodes no `length` bytes. */
export const decodeAlphanumeric = (text: string, length: number): Buffer | null => {
  if (text.length !== lengthOf(length) || !/^[0-9A-Za-z]+$/.test(text)) return null;
  let value = 0n;
  for (const digit of text) value = value * BASE + BigInt(DIGITS.indexOf(digit));
  const hex = value.toString(16).padStart(length * 2, "0");
  return hex.length === length * 2 ? Buffer.from(hex, "hex") : null;
};
