import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSchema } from "graphql";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { FEATURES } from "#features/index";
import { LINK_PURPOSES } from "../support/factories/links.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

const isIdentifier = (node: ts.Node, name: string) => ts.isIdentifier(node) && node.text === name;

const readsMember = (node: ts.Node, object: string, member: string): boolean =>
  (ts.isPropertyAccessExpression(node) && isIdentifier(node.expression, object) && node.name.text === member) ||
  (ts.isElementAccessExpression(node) &&
    isIdentifier(node.expression, object) &&
    ts.isStringLiteral(node.argumentExpression) &&
    node.argumentExpression.text === member);

/** For `it.each(cases)(…)` it is `it`, for `expect.poll(…)` it is `poll`. */
const calledName = ({ expression }: ts.CallExpression): string => {
  if (ts.isIdentifier(expression)) return expression.text;
  if (ts.isPropertyAccessExpression(expression)) return expression.name.text;
  const isTable = ts.isCallExpression(expression) && ts.isPropertyAccessExpression(expression.expression);
  return isTable && ts.isIdentifier(expression.expression.expression) ? expression.expression.expression.text : "";
};

const hasNumberIn =
  (name: string) =>
  (node: ts.Expression): boolean =>
    ts.isObjectLiteralExpression(node) &&
    node.properties.some(
      (property) =>
        ts.isPropertyAssignment(property) &&
        isIdentifier(property.name, name) &&
        ts.isNumericLiteral(property.initializer),
    );

/** How each thing looks in a syntax tree, so that comments and strings do not count. */
const FORBIDDEN = {
  "process.env": (node: ts.Node) =>
    readsMember(node, "process", "env") ||
    (ts.isVariableDeclaration(node) &&
      ts.isObjectBindingPattern(node.name) &&
      node.initializer !== undefined &&
      isIdentifier(node.initializer, "process")) ||
    (ts.isImportDeclaration(node) &&
      ts.isStringLiteral(node.moduleSpecifier) &&
      ["process", "node:process"].includes(node.moduleSpecifier.text)),
  "the present time": (node: ts.Node) =>
    readsMember(node, "Date", "now") ||
    (ts.isNewExpression(node) && isIdentifier(node.expression, "Date") && !node.arguments?.length) ||
    (ts.isCallExpression(node) && isIdentifier(node.expression, "Date")),
  any: (node: ts.Node) => node.kind === ts.SyntaxKind.AnyKeyword,
  "elapsed time": (node: ts.Node) => readsMember(node, "performance", "now"),
  impatience: (node: ts.Node) =>
    ts.isCallExpression(node) &&
    /^(poll|waitFor|it|test|beforeAll|beforeEach|afterAll|afterEach)$/.test(calledName(node)) &&
    node.arguments.some((argument) => ts.isNumericLiteral(argument) || hasNumberIn("timeout")(argument)),
} satisfies Record<string, (node: ts.Node) => boolean>;

type Forbidden = keyof typeof FORBIDDEN;

/** The lines of a source, from 1, with the forbidden thing. */
function findLines(thing: Forbidden, text: string): number[] {
  const source = ts.createSourceFile("source.ts", text, ts.ScriptTarget.Latest, true);
  const lines: number[] = [];
  const visit = (node: ts.Node): void => {
    if (FORBIDDEN[thing](node)) lines.push(source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return lines;
}

async function listSources(...folders: string[]): Promise<string[]> {
  const lists = folders.map(async (folder) => {
    const names = await readdir(join(PROJECT, folder), { recursive: true });
    return names.filter((name) => /(?<!\.documents)\.tsx?$/.test(name)).map((name) => `${folder}/${name}`);
  });
  return (await Promise.all(lists)).flat();
}

/** The forbidden occurrences, as `file:line`. */
async function findViolations(thing: Forbidden, files: string[]): Promise<string[]> {
  const places = files.map(async (file) => {
    const lines = findLines(thing, await readFile(join(PROJECT, file), "utf8"));
    return lines.map((line) => `${file}:${line}`);
  });
  return (await Promise.all(places)).flat();
}

const isTest = (file: string) => /\.test\.tsx?$/.test(file);

it("reads the environment in src/app/config.ts only", async () => {
  const files = (await listSources("src")).filter((file) => file !== "src/app/config.ts" && !isTest(file));
  expect(await findViolations("process.env", files)).toEqual([]);
});

it("reads the clock of the server in src/platform/clock.ts only", async () => {
  const isOfServer = (file: string) => file !== "src/platform/clock.ts" && !file.startsWith("src/web/");
  const files = (await listSources("src")).filter((file) => isOfServer(file) && !isTest(file));
  expect(await findViolations("the present time", files)).toEqual([]);
});

it("has no file of more than 300 lines in the product", async () => {
  const files = (await listSources("src", "scripts")).filter((file) => !isTest(file));
  const sizes = files.map(async (file) => ({
    file,
    lines: (await readFile(join(PROJECT, file), "utf8")).split("\n").length - 1,
  }));
  expect((await Promise.all(sizes)).filter(({ lines }) => lines > 300)).toEqual([]);
});

it("uses the type any nowhere", async () => {
  expect(await findViolations("any", await listSources("src", "test", "examples"))).toEqual([]);
});

describe("modules that any feature may use name no feature", () => {
  const schema = buildSchema(readFileSync(join(PROJECT, "schema.graphql"), "utf8"));
  const names = {
    mail: FEATURES.flatMap(({ mails }) => mails.map(({ name }) => name)),
    "link purpose": LINK_PURPOSES.map(({ name }) => name),
    feature: FEATURES.map(({ name }) => name as string),
    mutation: Object.keys(schema.getMutationType()?.getFields() ?? {}),
  };
  /** The same word with another meaning, by file. */
  const HOMONYMS: Readonly<Record<string, string>> = {
    "src/platform/logging.ts refreshToken": "a field of any object, which is never logged",
    "src/platform/metrics.ts register": "the register of prom-client",
    "src/platform/mail/mailbox.page.ts links": "the addresses in a mail's text",
    "src/platform/redis/redis.ts login": "the credentials of Redis",
    "src/platform/schema/context.ts social": "the name of a cookie",
    "src/platform/schema/context.ts registration": "the name of a cookie",
    "src/platform/setting-kinds.ts login": "the user and password in a URL",
  };
  const wordsOf = (file: string, text: string): string[] => {
    // Assets: every word, so that a page's script names no mutation, either.
    if (!file.endsWith(".ts")) return text.match(/[\w-]+/g) ?? [];
    const words: string[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) words.push(node.text);
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
    return words;
  };

  it.each(Object.entries(names))("and no %s: src/platform and src/shared", async (_, forbidden) => {
    const found = new Set<string>();
    for (const folder of ["src/platform", "src/shared"])
      for (const name of await readdir(join(PROJECT, folder), { recursive: true })) {
        const file = `${folder}/${name}`;
        if (isTest(file) || !/\.(ts|js|html)$/.test(file)) continue;
        const isTypeScript = file.endsWith(".ts");
        // In the prose of an asset these are only words: `login`, `links`.
        for (const word of wordsOf(file, await readFile(join(PROJECT, file), "utf8")))
          if (forbidden.includes(word) && (isTypeScript || /[A-Z-]/.test(word)) && !HOMONYMS[`${file} ${word}`])
            found.add(`${file}: ${word}`);
      }
    expect([...found]).toEqual([]);
  });

  it("finds such a name in code, in strings and in assets", () => {
    expect(wordsOf("a.ts", 'const a = { "new-device": denyLogin }; // confirmLogin')).toEqual([
      "a",
      "new-device",
      "denyLogin",
    ]);
    expect(wordsOf("a.js", "send(`mutation { denyLogin }`)")).toContain("denyLogin");
  });
});

describe("tests that also pass on a slow machine", () => {
  /** They report figures, or distinguish by time which of two ways a message took. */
  const MEASURING = [
    "test/faults/live.test.ts",
    "test/faults/nats.test.ts",
    "test/integration/messaging/events.test.ts",
  ];
  const listTests = async () => (await listSources("src", "test")).filter(isTest);

  it("do not measure time", async () => {
    const files = (await listTests()).filter((file) => !MEASURING.includes(file));
    expect(await findViolations("elapsed time", files)).toEqual([]);
  });

  it("set no timeout of their own", async () => {
    expect(await findViolations("impatience", await listTests())).toEqual([]);
  });
});

describe("the scan", () => {
  it.each<[Forbidden, string]>([
    ["process.env", "const home = process.env.HOME;"],
    ["process.env", 'const home = process["env"].HOME;'],
    ["process.env", "const { env } = process;"],
    ["process.env", 'import { env } from "node:process";'],
    ["the present time", "const now = Date.now();"],
    ["the present time", "const clock = { now: Date.now };"],
    ["the present time", "const now = new Date();"],
    ["the present time", "const now = new Date;"],
    ["the present time", "const now = Date();"],
    ["any", "let value: any;"],
    ["elapsed time", "const began = performance.now();"],
    ["impatience", "await expect.poll(look, { timeout: 5_000 }).toBe(1);"],
    ["impatience", "await vi.waitFor(look, { timeout: 5_000, interval: 10 });"],
    ["impatience", "await vi.waitFor(look, 5_000);"],
    ["impatience", 'it("waits", async () => {}, 60_000);'],
    ["impatience", 'it.each([1, 2])("waits", async () => {}, 60_000);'],
    ["impatience", 'it("waits", { timeout: 60_000 }, async () => {});'],
    ["impatience", "beforeAll(start, 60_000);"],
    ["any", "const value = input as any;"],
    ["any", "const values: Array<Record<string, any>> = [];"],
  ])("reports %s in `%s`", (thing, text) => {
    expect(findLines(thing, `// A line before.\n${text}`)).toEqual([2]);
  });

  it.each<[Forbidden, string]>([
    ["process.env", "process.kill(process.pid, 0); // Never process.env."],
    ["the present time", "const then = new Date(clock.now().getTime() + 1); // Not new Date()."],
    ["any", 'const any = "any"; // Any of them.'],
    ["elapsed time", "const { length } = performance.getEntries();"],
    ["impatience", "await expect.poll(look, { interval: 5 }).toBe(1); await sql.end({ timeout: 1 });"],
  ])("does not report innocent use: %s in `%s`", (thing, text) => {
    expect(findLines(thing, text)).toEqual([]);
  });
});

it("the two web examples, which are copied whole, differ only in their client", async () => {
  const read = (example: string, name: string) =>
    readFile(new URL(`../../examples/${example}/${name}`, import.meta.url), "utf8");
  for (const name of ["index.html", "messages.ts", "vite.config.ts", "tsconfig.json"])
    expect(await read("urql", name), name).toBe(await read("apollo-vite", name));
});
