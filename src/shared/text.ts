import type { FieldFault } from "./errors.ts";

/** NUL, which Postgres keeps in no text, and halves of surrogate pairs, which are no characters (Unicode, D75). */
const NO_TEXT = /[\0\p{Surrogate}]/u;

/** What is wrong with a text that is to be one line: too long, or control characters in it (they make lines in mail and logs). */
export const lineFaults = (text: string, maxLength: number, path: string): readonly FieldFault[] => {
  if (text.length > maxLength) return [{ path, message: `Use at most ${maxLength} characters.` }];
  if (/\p{Cc}|\p{Surrogate}/u.test(text)) return [{ path, message: "Control characters are not allowed." }];
  return [];
};

/** Whether a text that goes to somebody by mail, under our name, leads to a place on the web: mail programs make links of these. */
export const webAddressFaults = (text: string, path: string): readonly FieldFault[] =>
  /https?:\/\/|\bwww\./i.test(text) ? [{ path, message: "Web addresses are not allowed." }] : [];

/** What in a client's values is not text, wherever it lies in them, keys included. */
export const textFaults = (values: Readonly<Record<string, unknown>>): FieldFault[] => {
  const faults: FieldFault[] = [];
  // Not by recursion: how deep the values are is the client's choice.
  const open = Object.entries(values);
  for (let entry = open.pop(); entry; entry = open.pop()) {
    const [path, value] = entry;
    if (typeof value === "string" && NO_TEXT.test(value)) faults.push({ path, message: "This is not text." });
    if (typeof value !== "object" || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (NO_TEXT.test(key)) faults.push({ path, message: "A key in it is not text." });
      else open.push([`${path}.${key}`, inner]);
    }
  }
  return faults;
};
