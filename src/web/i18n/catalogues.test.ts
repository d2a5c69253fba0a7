import { describe, expect, it } from "vitest";
import { LOCALES } from "#shared/locales";

/** All catalogues by their paths: `../locales/en/common.json`. */
const CATALOGUES = import.meta.glob<object>("../locales/*/*.json", { eager: true, import: "default" });
const REFERENCE = "en";
const PLURAL = /_(zero|one|two|few|many|other)$/;

/** The texts of a catalogue by their full keys: `notFound.title`. */
const textsOf = (catalogue: object, path = ""): readonly (readonly [key: string, text: string])[] =>
  Object.entries(catalogue).flatMap(([key, value]) =>
    typeof value === "string" ? [[path + key, value] as const] : textsOf(value, `${path}${key}.`),
  );

const read = (locale: string, file: string): ReadonlyMap<string, string> =>
  new Map(textsOf(CATALOGUES[`../locales/${locale}/${file}`] ?? {}));

/** The parts of the paths after the folder: locale and file. */
const partsOf = (path: string): readonly [locale: string, file: string] =>
  path.split("/").slice(-2) as [string, string];

const filesOf = (locale: string): readonly string[] =>
  Object.keys(CATALOGUES)
    .map(partsOf)
    .filter(([of]) => of === locale)
    .map(([, file]) => file);

const placeholdersOf = (text: string): readonly string[] =>
  [...new Set(Array.from(text.matchAll(/\{\{\s*([\w.]+)[^}]*\}\}/g), ([, name = ""]) => name))].toSorted();

/** Forms for one number may name it in words: "one more attempt". */
const SINGLE = /_(zero|one|two)$/;

const hasPlaceholders = (key: string, text: string, wanted: string): boolean => {
  const [found, expected] = [placeholdersOf(text), placeholdersOf(wanted)];
  return SINGLE.test(key) ? found.every((name) => expected.includes(name)) : found.join() === expected.join();
};

/** The elements that a text is rendered with: `<strong>` of `<Trans>`. */
const elementsOf = (text: string): readonly string[] =>
  Array.from(text.matchAll(/<\/?(\w+)/g), ([, name = ""]) => name).toSorted();

/** The keys that a translation must have: those of the reference, with the plural forms of its own language. */
const expectedKeys = (reference: ReadonlyMap<string, string>, locale: string): readonly string[] => {
  const { pluralCategories } = new Intl.PluralRules(locale).resolvedOptions();
  const keys = [...reference.keys()].flatMap((key) =>
    PLURAL.test(key) ? pluralCategories.map((category) => key.replace(PLURAL, `_${category}`)) : [key],
  );
  return [...new Set(keys)].toSorted();
};

/** The reference text for a key, also for a plural form that English does not have. */
const referenceOf = (reference: ReadonlyMap<string, string>, key: string): string =>
  reference.get(key.replace(PLURAL, "_other")) ?? reference.get(key) ?? "";

const FILES = filesOf(REFERENCE);
const TRANSLATED = [...new Set(Object.keys(CATALOGUES).map((path) => partsOf(path)[0]))];

it("has a catalogue for every language that users see", () => {
  expect(TRANSLATED).toEqual(expect.arrayContaining([...LOCALES]));
});

describe.each(TRANSLATED)("the texts in %s", (locale) => {
  it("are in the same files as those in English", () => {
    expect(filesOf(locale)).toEqual(FILES);
  });

  it.each(FILES)("of %s are complete, with every plural form of the language", (file) => {
    expect([...read(locale, file).keys()].toSorted()).toEqual(expectedKeys(read(REFERENCE, file), locale));
  });

  it.each(FILES)("of %s have the same placeholders and elements as in English", (file) => {
    const reference = read(REFERENCE, file);
    const differing = [...read(locale, file)].filter(([key, text]) => {
      const wanted = referenceOf(reference, key);
      const isSame = hasPlaceholders(key, text, wanted) && elementsOf(text).join() === elementsOf(wanted).join();
      return !isSame || text.trim() === "";
    });
    expect(differing).toEqual([]);
  });
});
