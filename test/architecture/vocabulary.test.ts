import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import forbidden from "./forbidden-identifiers.json" with { type: "json" };

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** Identifiers that only this project used, and the field's word that replaced each. docs/glossary.md defines the words. */
const FORBIDDEN: Readonly<Record<string, string>> = forbidden;

const sources = async (): Promise<string[]> => {
  const folders = await Promise.all(
    ["src", "test", "scripts", "examples"].map(async (folder) =>
      (await readdir(join(PROJECT, folder), { recursive: true })).map((name) => join(folder, name)),
    ),
  );
  return folders.flat().filter((path) => /(?<!\.d|\.documents)\.tsx?$/.test(path));
};

/** Each forbidden identifier in this text, as `file:line: old → new`; comments and strings are prose, which has a test of its own. */
const forbiddenIn = (path: string, text: string): string[] => {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) {
      const name = node.text.replace("#", "");
      if (Object.hasOwn(FORBIDDEN, name)) {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart());
        found.push(`${path}:${line + 1}: ${name} → ${FORBIDDEN[name]}`);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
};

describe("private words", () => {
  it("are found in identifiers only", () => {
    const text = '// Standing\nconst told = "Standing";\nclass Standing { #comeBack() {} }\n';
    expect(forbiddenIn("example.ts", text)).toEqual([
      expect.stringContaining("example.ts:3: Standing → "),
      expect.stringContaining("example.ts:3: comeBack → "),
    ]);
  });

  it("are not in the code", async () => {
    const paths = await sources();
    expect(paths.length).toBeGreaterThan(1_000);
    const found = await Promise.all(
      paths.map(async (path) => forbiddenIn(path, await readFile(join(PROJECT, path), "utf8"))),
    );
    expect(found.flat()).toEqual([]);
  });

  it("are not the names of files", async () => {
    const names = (await sources()).map((path) => path.replace(/^.*\/|\.(test\.)?tsx?$/g, ""));
    const camel = names.map((name) => name.replaceAll(/[-.](\w)/g, (_, letter: string) => letter.toUpperCase()));
    const pascal = camel.map((name) => name.charAt(0).toUpperCase() + name.slice(1));
    expect([...camel, ...pascal].filter((name) => Object.hasOwn(FORBIDDEN, name))).toEqual([]);
  });
});
