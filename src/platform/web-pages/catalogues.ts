import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { LOCALES } from "#shared/locales";
import { type Catalogue, faultsOfOverrides, withOverrides } from "./catalogue-overrides.ts";
import { nullIfAbsent, shortHash } from "./shell.ts";
import { VersionedContent } from "./versioned-content.ts";

const JSON_TYPE = "application/json; charset=utf-8";

export interface CatalogueSources {
  /** The folder of the built pages' catalogues: `<locale>/<namespace>.json`. */
  readonly ours: string;
  /** LOCALES_DIR; undefined if not set. */
  readonly overrides: string | undefined;
}

/** The texts of the pages. */
export interface Catalogues {
  /** By `<locale>/<namespace>.json`. */
  readonly files: ReadonlyMap<string, VersionedContent>;
  /** Changes with every text. */
  readonly version: string;
  /** The faults of the operator's files, each with the file and the key. */
  readonly faults: readonly string[];
}

/** Reads the catalogues of the pages and merges the operator's texts into them. */
export const readCatalogues = async ({ ours, overrides }: CatalogueSources): Promise<Catalogues> => {
  const texts = new Map<string, string>();
  const faults: string[] = [];
  for (const locale of LOCALES) {
    const names = await listJson(join(ours, locale));
    faults.push(...(overrides === undefined ? [] : await unknownFiles(join(overrides, locale), names)));
    for (const name of names) {
      const catalogue: Catalogue = JSON.parse(await readFile(join(ours, locale, name), "utf8"));
      const read = overrides === undefined ? null : await readOverrides(join(overrides, locale, name), catalogue);
      faults.push(...(read?.faults ?? []));
      texts.set(`${locale}/${name}`, JSON.stringify(read ? withOverrides(catalogue, read.texts) : catalogue));
    }
  }
  if (overrides !== undefined) faults.push(...(await unknownLocales(overrides)));
  const version = shortHash(JSON.stringify([...texts]));
  const files = new Map([...texts].map(([name, json]) => [name, new VersionedContent(json, JSON_TYPE, version)]));
  return { files, version, faults };
};

/** The operator's texts for one catalogue; null if there is no such file. Never contains faulty ones. */
const readOverrides = async (path: string, ours: Catalogue) => {
  const text = await readFile(path, "utf8").catch(nullIfAbsent);
  if (text === null) return null;
  const parsed = parseJson(text);
  const faults = parsed === undefined ? ["this is not JSON"] : faultsOfOverrides(ours, parsed);
  return {
    texts: faults.length > 0 ? {} : (parsed as Catalogue),
    faults: faults.map((fault) => `LOCALES_DIR: ${path}: ${fault}`),
  };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const listJson = async (folder: string): Promise<string[]> =>
  ((await readdir(folder).catch(nullIfAbsent)) ?? []).filter((name) => name.endsWith(".json")).toSorted();

/** A file that replaces nothing is a mistyped name. */
const unknownFiles = async (folder: string, names: readonly string[]): Promise<string[]> =>
  (await listJson(folder))
    .filter((name) => !names.includes(name))
    .map((name) => `LOCALES_DIR: ${join(folder, name)}: there is no such catalogue; there are ${names.join(", ")}`);

const unknownLocales = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(nullIfAbsent);
  if (entries === null) return [`LOCALES_DIR: ${folder}: there is no such folder`];
  return entries
    .filter((entry) => entry.isDirectory() && !(LOCALES as readonly string[]).includes(entry.name))
    .map(
      ({ name }) => `LOCALES_DIR: ${join(folder, name)}: there is no such language; there are ${LOCALES.join(", ")}`,
    );
};
