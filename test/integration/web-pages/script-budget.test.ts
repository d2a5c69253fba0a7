import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { beforeAll, expect, it } from "vitest";
import { buildPages } from "../../support/servers/built-pages.ts";

/** A text of Apollo Client that minifying keeps: one of its fetch policies. */
const APOLLO = "cache-and-network";

const PAGES = fileURLToPath(new URL("../../../dist/web", import.meta.url));

/** A file of the build, in Vite's manifest: its name, and the files that it needs before it runs. */
interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
}

let manifest: Readonly<Record<string, Chunk>>;
beforeAll(async () => {
  await buildPages();
  manifest = JSON.parse(await readFile(join(PAGES, ".vite/manifest.json"), "utf8"));
});

/** The scripts that a browser loads for a page: the entry, the page, and all that they import. */
const scriptsOf = (page: string): readonly string[] => {
  const found = new Set<string>();
  const visit = (name: string): void => {
    const chunk = manifest[name];
    if (!chunk) throw new Error(`The build has no ${name}.`);
    if (found.has(chunk.file)) return;
    found.add(chunk.file);
    chunk.imports?.forEach(visit);
  };
  visit("index.html");
  visit(page);
  return [...found];
};

it("loads at most 180 kB of compressed script for the sign-in", async () => {
  const texts = await Promise.all(scriptsOf("sign-in/sign-in.page.tsx").map((file) => readFile(join(PAGES, file))));
  const bytes = texts.reduce((sum, text) => sum + brotliCompressSync(text).length, 0);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(180_000);
});

it("loads few files for a page", () => {
  expect(scriptsOf("sign-in/sign-in.page.tsx").length).toBeLessThan(25);
  const pages = Object.keys(manifest).filter((name) => name.endsWith(".page.tsx"));
  expect(pages.length).toBeGreaterThan(30);
  expect(pages.filter((name) => scriptsOf(name).length > 45)).toEqual([]);
});

it("loads nothing of the console, and no GraphQL client, for the sign-in", async () => {
  const signIn = new Set(scriptsOf("sign-in/sign-in.page.tsx"));
  const ofConsole = Object.entries(manifest).filter(([name]) => name.startsWith("console/"));
  expect(ofConsole.length).toBeGreaterThan(10);
  expect(ofConsole.filter(([, { file }]) => signIn.has(file))).toEqual([]);
  const hasApollo = async (file: string) => (await readFile(join(PAGES, file), "utf8")).includes(APOLLO);
  const ofAccount = await Promise.all(scriptsOf("account/overview.page.tsx").map(hasApollo));
  expect(ofAccount).toContain(true);
  expect(await Promise.all([...signIn].map(hasApollo))).not.toContain(true);
});

it("loads the plots of the overview with the overview only", () => {
  const account = new Set(scriptsOf("account/overview.page.tsx"));
  const plots = Object.entries(manifest).filter(([name]) => name.startsWith("console/overview/"));
  expect(plots.length).toBeGreaterThan(1);
  expect(plots.filter(([, { file }]) => account.has(file))).toEqual([]);
});
