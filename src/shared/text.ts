import type { FieldError } from "./errors.ts";

/** NUL, which Postgres cannot store in text, and unpaired surrogates, which are not characters (Unicode, D75). */
const NO_TEXT = /[\0\p{Surrogate}]/u;

/** The faults of a single-line text: too long, or with control characters (which could break lines in mail and logs). */
export const validateLine = (text: string, maxLength: number, path: string): readonly FieldError[] => {
  if (text.length > maxLength) return [{ path, message: `Use at most ${maxLength} characters.` }];
  if (/\p{Cc}|\p{Surrogate}/u.test(text)) return [{ path, message: "Control characters are not allowed." }];
  return [];
};

/**
 * The faults of a text that is mailed to others under the name of Portcullis: web addresses, which mail programs turn into links.
 */
export const forbidWebAddress = (text: string, path: string): readonly FieldError[] =>
  /https?:\/\/|\bwww\./i.test(text) ? [{ path, message: "Web addresses are not allowed." }] : [];

/** The values from a client that are not valid text, at any depth, including keys. */
export const validateText = (values: Readonly<Record<string, unknown>>): FieldError[] => {
  const faults: FieldError[] = [];
  // Iterative, because the client chooses the depth of the values.
  const open = Object.entries(values);
  for (let entry = open.pop(); entry; entry = open.pop()) {
    const [path, value] = entry;
    if (typeof value === "string" && NO_TEXT.test(value)) faults.push({ path, message: "Invalid characters." });
    if (typeof value !== "object" || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (NO_TEXT.test(key)) faults.push({ path, message: "A key in it has invalid characters." });
      else open.push([`${path}.${key}`, inner]);
    }
  }
  return faults;
};
