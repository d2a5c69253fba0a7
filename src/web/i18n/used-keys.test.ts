import { expect, it } from "vitest";
import { ERROR_REASONS, ERROR_STATUS } from "#shared/errors";

/** Our catalogues in English by their paths; `catalogues.test.ts` compares the other languages with them. */
const CATALOGUES = import.meta.glob<object>("../locales/en/*.json", { eager: true, import: "default" });
const MODULES = import.meta.glob<string>("../**/*.{ts,tsx}", { eager: true, query: "?raw", import: "default" });

const SOURCE = Object.entries(MODULES)
  .filter(([path]) => !/\.(test|documents)\.tsx?$/.test(path))
  .map(([, text]) => text)
  .join("\n");

const LITERAL = /["']([\w:.-]+)["']/g;
/** A key with variable parts: `reasons.${reason}`. */
const TEMPLATE = /`([\w:.-]*(?:\$\{[^{}`]*\}[\w:.-]*)+)`/g;
const PLURAL = /_(zero|one|two|few|many|other)$/;

const found = (pattern: RegExp): readonly string[] => [
  ...new Set(Array.from(SOURCE.matchAll(pattern), ([, key = ""]) => key.replace(/^[\w-]+:/, ""))),
];

/** Texts of errors have the names of their codes and reasons. */
const names = new Set([...found(LITERAL), ...Object.keys(ERROR_STATUS), ...ERROR_REASONS]);
/** Each variable part stands for one name of the path. A template of variables only would allow every key. */
const templates = found(TEMPLATE)
  .map((template) => template.split(/\$\{[^{}]*\}/))
  .filter((parts) => parts.some((part) => /\w/.test(part)))
  .map((parts) => new RegExp(`^${parts.map((part) => part.replaceAll(".", "\\.")).join("\\w+")}$`));

const keysOf = (catalogue: object, path = ""): readonly string[] =>
  Object.entries(catalogue).flatMap(([key, value]) =>
    typeof value === "string" ? [(path + key).replace(PLURAL, "")] : keysOf(value, `${path}${key}.`),
  );

it.each(Object.keys(CATALOGUES))("every text of %s is used by a page", (path) => {
  const unused = keysOf(CATALOGUES[path] ?? {}).filter(
    (key) => !names.has(key) && !templates.some((template) => template.test(key)),
  );
  expect(unused).toEqual([]);
});
