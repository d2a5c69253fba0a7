import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";

const ROOT = new URL("../../", import.meta.url);

/** A test that a document names: a file, and a part of one of its titles if it names a title. */
export interface TestReference {
  readonly file: string;
  readonly title: string | null;
}

/** The tests that a Markdown text names in code quotes: `folder/file.test.ts › part of a title`, or the file alone. */
export const testReferencesIn = (text: string): readonly TestReference[] =>
  [...text.matchAll(/`([\w./-]+\.test\.ts)(?: › ([^`]+))?`/g)].map(([, file = "", title]) => ({
    file,
    title: title ?? null,
  }));

/** @returns the tests that do not exist; a file is named from the root of the repository, or from `test/` or `src/` */
export const missingTests = async (references: readonly TestReference[]): Promise<readonly string[]> => {
  const missing = await Promise.all(
    references.map(async ({ file, title }) => {
      const path = ["", "test/", "src/"].map((folder) => new URL(folder + file, ROOT)).find(existsSync);
      const exists = path !== undefined && (await readFile(path, "utf8")).includes(title ?? "");
      return exists ? [] : [title === null ? file : `${file} › ${title}`];
    }),
  );
  return missing.flat();
};
