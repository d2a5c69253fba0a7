import { readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { withMarkedPart } from "./marked-part.ts";

const SRC = new URL("../src/", import.meta.url);
const DOCUMENT = new URL("../docs/logs.md", import.meta.url);

/** The text around the table in docs/logs.md. */
const BEGIN = "<!-- begin of the inventory: npm run logs writes it -->";
const END = "<!-- end of the inventory -->";

const LEVELS = new Set(["trace", "debug", "info", "warn", "error", "fatal"]);

export interface LogMessage {
  readonly level: string;
  readonly message: string;
  readonly file: string;
}

/** Every message that the sources log, sorted; `…` replaces variable parts. */
export const listLogMessages = async (): Promise<LogMessage[]> => {
  const files = (await readdir(SRC, { recursive: true })).filter((name) => /(?<!\.test)\.ts$/.test(name)).toSorted();
  const messages = await Promise.all(
    files.map(async (file) => messagesIn(file, await readFile(new URL(file, SRC), "utf8"))),
  );
  return messages.flat().toSorted((a, b) => compare(a.message, b.message) || compare(a.file, b.file));
};

/** By code units, because the order must not depend on a machine's locale. */
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

const messagesIn = (file: string, text: string): LogMessage[] => {
  const found: LogMessage[] = [];
  const visit = (node: ts.Node): void => {
    const level = levelOf(node);
    const last = level && ts.isCallExpression(node) ? node.arguments.at(-1) : undefined;
    for (const message of last ? textsOf(last) : []) found.push({ level: level ?? "", message, file });
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return found;
};

/** The level of a call such as `this.#deps.log.warn(…)`. */
const levelOf = (node: ts.Node): string | undefined => {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const { name, expression } = node.expression;
  return LEVELS.has(name.text) && /(^|[.#])log$/.test(expression.getText()) ? name.text : undefined;
};

/** The texts that an expression can have; empty if they are not literals in it. */
const textsOf = (node: ts.Expression): string[] => {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node))
    return [node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join("")];
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  if (ts.isBinaryExpression(node))
    return textsOf(node.left).flatMap((left) => textsOf(node.right).map((right) => left + right));
  return [];
};

/** The table of docs/logs.md. */
export const inventoryOf = (messages: readonly LogMessage[]): string => {
  const rows = new Set(
    messages.map(({ level, message, file }) => `| ${level} | ${message.replaceAll("|", "\\|")} | src/${file} |`),
  );
  return [BEGIN, "", "| level | message | logged by |", "|---|---|---|", ...rows, "", END].join("\n");
};

/** The document with its table replaced by this inventory. */
export const withInventory = (document: string, inventory: string): string =>
  withMarkedPart(document, { begin: BEGIN, end: END }, inventory);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const document = await readFile(DOCUMENT, "utf8");
  await writeFile(DOCUMENT, withInventory(document, inventoryOf(await listLogMessages())));
}
