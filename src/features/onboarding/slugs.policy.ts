const MAX_SLUG_LENGTH = 40;

/** Latin letters that have no decomposition (Unicode, UAX 15), as they are commonly written in ASCII. */
const SPELLINGS: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  ł: "l",
  đ: "d",
  þ: "th",
  ı: "i",
};

/** A company's name as a short name: `Müller & Söhne` is `muller-sohne`. Where none of it is Latin: `company`. */
export const slugOf = (name: string): string => {
  const ascii = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]/g, (character) => SPELLINGS[character] ?? "-")
    .replace(/-+/g, "-")
    .slice(0, MAX_SLUG_LENGTH)
    .replace(/^-|-$/g, "");
  return ascii || "company";
};

/** The first short name of `acme`, `acme-2`, `acme-3` … that is free. */
export const freeSlug = (base: string, taken: ReadonlySet<string>): string => {
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base}-${number}`)) number++;
  return `${base}-${number}`;
};
