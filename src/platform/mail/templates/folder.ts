import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isLocale, LOCALES, type Locale } from "#shared/locales";
import type { Mail } from "../mail.ts";
import { LAYOUT_FILE } from "./layout-template.ts";
import { parseTemplate, type Template } from "./template.ts";

const SUFFIX = ".txt";

/** The operator's texts, by the name of the mail and the language. */
export type MailTemplates = ReadonlyMap<string, Partial<Record<Locale, Template>>>;

/**
 * Reads the operator's texts: `<language>/<mail>.txt`.
 *
 * @returns the templates, and the faults of all files, each with the file and its line
 */
export const readMailTemplates = (
  folder: string,
  mails: readonly Mail[],
): { readonly templates: MailTemplates; readonly faults: readonly string[] } => {
  const templates = new Map<string, Partial<Record<Locale, Template>>>();
  const faults: string[] = [];
  for (const { path, locale, name, fault } of listFiles(folder)) {
    const mail = mails.find((each) => `${each.name}${SUFFIX}` === name);
    if (fault !== undefined || locale === undefined || mail === undefined) {
      faults.push(
        `${path}: ${fault ?? `there is no mail of this name; they are: ${mails.map((each) => each.name).join(", ")}`}`,
      );
      continue;
    }
    const parsed = parseTemplate(readFileSync(join(folder, path), "utf8"), mail, locale);
    faults.push(...parsed.faults.map(({ line, message }) => `${path}:${line}: ${message}`));
    templates.set(mail.name, { ...templates.get(mail.name), [locale]: parsed.template });
  }
  return { templates, faults };
};

/** A file of the folder; `locale` is absent if there is a fault. */
interface Entry {
  readonly path: string;
  readonly name: string;
  readonly locale?: Locale;
  readonly fault?: string;
}

const listFiles = (folder: string): Entry[] => {
  const entries = list(folder);
  if (entries === null) return [{ path: ".", name: "", fault: "the folder cannot be read" }];
  return entries.flatMap(({ name, isFolder }): Entry[] => {
    if (name === LAYOUT_FILE) return [];
    if (!isFolder) return [{ path: name, name, fault: "texts are in one folder for each language" }];
    if (!isLocale(name))
      return [{ path: name, name, fault: `there is no such language; there are: ${LOCALES.join(", ")}` }];
    return (list(join(folder, name)) ?? []).map((file) => ({
      path: join(name, file.name),
      name: file.name,
      locale: name,
    }));
  });
};

/** The visible entries: editors, version control and volumes of Kubernetes keep hidden ones. */
const list = (folder: string) => {
  try {
    const names = readdirSync(folder).filter((name) => !name.startsWith("."));
    return names.toSorted().map((name) => ({ name, isFolder: statSync(join(folder, name)).isDirectory() }));
  } catch {
    return null;
  }
};
