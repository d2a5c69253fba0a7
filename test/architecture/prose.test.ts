import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** Words and phrases that readers have to read twice. Name the role, the condition or the action instead. */
const STILTED = new RegExp(
  `\\b(${[
    "nobody|somebody|anybody|whoever|whom",
    "anew|by now|meanwhile|begun|the own",
    "(is|are|was|were) away|(comes?|came) by",
    "tells?|told|hears?|heard|weighs?|weighed",
    "he|him|his|himself",
    "where (there|none|no|nobody|it is not|they are not)",
  ].join("|")})\\b`,
  "i",
);

/** Lines that keep such a word, and why. */
const EXCEPTIONS: readonly { readonly path: string; readonly text: string; readonly reason: string }[] = [
  { path: "src/dev/embedded/account.ts", text: "nobody", reason: "the name of the unprivileged Unix account" },
  { path: "src/features/users/feature.ts", text: "nobody none noreply", reason: "a reserved username" },
];

interface Line {
  readonly path: string;
  readonly number: number;
  readonly text: string;
}

const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(join(PROJECT, folder), { recursive: true })).map((name) => join(folder, name));

const readProject = (path: string): Promise<string> => readFile(join(PROJECT, path), "utf8");

const linesOf = (path: string, text: string, start = 0): Line[] =>
  text.split("\n").map((line, index) => ({ path, number: start + index + 1, text: line.trim() }));

const TITLED = new Set(["describe", "it", "test", "each", "for", "skipIf", "runIf", "describeIf"]);

/** Whether this string is the title of a test or a suite. */
const isTitle = (node: ts.Node): boolean => {
  if (!ts.isCallExpression(node.parent)) return false;
  let { expression } = node.parent;
  while (ts.isCallExpression(expression)) expression = expression.expression;
  const name = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
  return ts.isIdentifier(name) && TITLED.has(name.text);
};

/** The comments of a source file and its strings: all of them in the product, in tests the titles only, since others are data. */
const proseIn = (path: string, text: string): Line[] => {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const isTest = path.startsWith("test/") || path.endsWith(".test.ts");
  const ranges = new Map<number, number>();
  const visit = (node: ts.Node): void => {
    const comments = [
      ...(ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(text, node.getEnd()) ?? []),
    ];
    for (const { pos, end } of comments) ranges.set(pos, end);
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
    if (isText && (!isTest || isTitle(node))) ranges.set(node.getStart(), node.getEnd());
    for (const child of node.getChildren(file)) visit(child);
  };
  visit(file);
  return [...ranges].flatMap(([pos, end]) =>
    linesOf(path, text.slice(pos, end), file.getLineAndCharacterOfPosition(pos).line),
  );
};

const isException = ({ path, text }: Line): boolean =>
  EXCEPTIONS.some((exception) => exception.path === path && text.includes(exception.text));

const stilted = (lines: readonly Line[]): string[] =>
  lines
    // Titles of tests that a page refers to.
    .map((line) => ({ ...line, text: line.text.replaceAll(/`[^`]* › [^`]*`/g, "") }))
    .filter((line) => STILTED.test(line.text) && !isException(line))
    .map(({ path, number, text }) => `${path}:${number}: ${text}`);

const stiltedSources = async (folders: readonly string[]): Promise<string[]> => {
  const paths = (await Promise.all(folders.map(filesIn)))
    .flat()
    .filter((path) => /(?<!\.d|\.documents)\.tsx?$/.test(path));
  expect(paths.length).toBeGreaterThan(200);
  return stilted((await Promise.all(paths.map(async (path) => proseIn(path, await readProject(path))))).flat());
};

describe("stilted words", () => {
  it("are found in comments, strings and titles, and not in identifiers", () => {
    const code = 'const told = "nobody"; // by now\nit("hears him", () => expect(told).toBe("anew"));';
    expect(stilted(proseIn("src/example.ts", code))).toHaveLength(4);
    expect(stilted(proseIn("test/example.ts", code)).map((line) => line.split(": ")[1])).toEqual([
      "// by now",
      '"hears him"',
    ]);
  });

  it("are not in the schema and the documentation", async () => {
    const docs = [...(await filesIn("docs")), ...(await filesIn("examples"))].filter((path) => path.endsWith(".md"));
    expect(docs.length).toBeGreaterThan(20);
    const pages = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "test/SECURITY.md"];
    const paths = [...pages, "schema.graphql", ...docs];
    const lines = await Promise.all(paths.map(async (path) => linesOf(path, await readProject(path))));
    expect(stilted(lines.flat())).toEqual([]);
  });

  it("are not in the comments, messages, mails and pages of the product", async () => {
    expect(await stiltedSources(["src", "scripts", "examples"])).toEqual([]);
  });

  it("are not in the English texts and the stylesheets of the hosted pages", async () => {
    const paths = (await filesIn("src/web")).filter((path) => /locales\/en\/.*\.json$|\.css$/.test(path));
    expect(paths.length).toBeGreaterThan(10);
    const lines = await Promise.all(paths.map(async (path) => linesOf(path, await readProject(path))));
    expect(stilted(lines.flat())).toEqual([]);
  });

  it("are not in the comments and titles of tests", async () => {
    expect(await stiltedSources(["test"])).toEqual([]);
  });

  it("are listed as exceptions only where they are", async () => {
    for (const { path, text } of EXCEPTIONS) expect(await readProject(path), path).toContain(text);
  });
});
