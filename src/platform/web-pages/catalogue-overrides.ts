/** The texts of one namespace in one language: texts, or groups of them. */
export interface Catalogue {
  readonly [key: string]: string | Catalogue;
}

/** Our texts, with those of the operator in place of ours. */
export const withOverrides = (ours: Catalogue, theirs: Catalogue): Catalogue =>
  Object.fromEntries(
    Object.entries(ours).map(([key, text]) => {
      const other = Object.hasOwn(theirs, key) ? theirs[key] : undefined;
      if (other === undefined) return [key, text];
      return [key, isGroup(text) && isGroup(other) ? withOverrides(text, other) : other];
    }),
  );

/** The reasons why these texts cannot replace ours, each with its key; none if they can. */
export const faultsOfOverrides = (ours: Catalogue, theirs: unknown, path: readonly string[] = []): string[] => {
  if (!isGroup(theirs)) return [`${path.join(".") || "the file"}: must be an object of texts`];
  return Object.entries(theirs).flatMap(([key, text]) => {
    const here = [...path, key];
    const name = here.join(".");
    const replaced = Object.hasOwn(ours, key) ? ours[key] : undefined;
    if (replaced === undefined) return [`${name}: there is no such text`];
    if (isGroup(replaced)) return faultsOfOverrides(replaced, text, here);
    if (typeof text !== "string") return [`${name}: must be a text`];
    const unknown = placeholdersOf(text).filter((placeholder) => !placeholdersOf(replaced).includes(placeholder));
    return unknown.map((placeholder) => `${name}: there is no value for {{${placeholder}}} in this text`);
  });
};

/** Values that every text may contain. */
const ALWAYS = ["product"];

/** The names of the values in a text, without their formats: `{{count, number}}`. */
const placeholdersOf = (text: string): string[] => [
  ...ALWAYS,
  ...[...text.matchAll(/\{\{-?\s*([^},\s]+)[^}]*\}\}/g)].map(([, name = ""]) => name),
];

const isGroup = (value: unknown): value is Catalogue =>
  typeof value === "object" && value !== null && !Array.isArray(value);
