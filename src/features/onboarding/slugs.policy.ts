const MAX_SLUG_LENGTH = 40;

/** Common ASCII spellings of Latin letters without a decomposition (Unicode, UAX 15). */
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

/** A company's name as a slug: `Müller & Söhne` becomes `muller-sohne`. A name without Latin letters becomes `company`. */
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

/** The first unused slug among `acme`, `acme-2`, `acme-3` … */
export const freeSlug = (base: string, taken: ReadonlySet<string>): string => {
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base}-${number}`)) number++;
  return `${base}-${number}`;
};
