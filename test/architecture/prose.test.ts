import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** Words and phrases of another language's syntax, which readers have to read twice. */
const STILTED = /\b(nobody|whoever|anew|by now|the own|is away|comes? by)\b/i;

const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(join(PROJECT, folder), { recursive: true }))
    .map((name) => join(folder, name))
    .filter((path) => /\.(ts|md)$/.test(path));

/** The number of source lines that still contain one. Lower it with each reworded file. */
const MOST_IN_SOURCES = 239;

/** Each line with such a word, as `file:line: text`. */
const stiltedLinesOf = async (path: string): Promise<string[]> =>
  (await readFile(join(PROJECT, path), "utf8"))
    .split("\n")
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    // Except for titles of tests in references.
    .filter(({ line }) => STILTED.test(line.replaceAll(/`[^`]* › [^`]*`/g, "")))
    .map(({ line, number }) => `${path}:${number}: ${line}`);

const listStilted = async (paths: readonly string[]): Promise<string[]> =>
  (await Promise.all(paths.map(stiltedLinesOf))).flat();

describe("stilted words", () => {
  it("are not in the schema, the documentation, examples, mails and pages", async () => {
    const docs = (await filesIn("docs")).filter((path) => path.endsWith(".md"));
    const texts = (await filesIn("src/features")).filter((path) => /\/(mails|pages)\//.test(path));
    const front = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "schema.graphql"];
    expect(docs.length).toBeGreaterThan(20);
    expect(texts.length).toBeGreaterThan(20);
    expect(await listStilted([...front, ...docs, ...texts, ...(await filesIn("examples"))])).toEqual([]);
  });

  it("do not increase in the source", async () => {
    const sources = (await filesIn("src")).filter((path) => !path.endsWith(".test.ts"));
    expect((await listStilted(sources)).length).toBeLessThanOrEqual(MOST_IN_SOURCES);
  });
});
