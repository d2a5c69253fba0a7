import { readFileSync } from "node:fs";
import { join } from "node:path";
import Handlebars from "handlebars";
import type { Layout } from "../brand.ts";
import { compileLayout } from "../layout.ts";
import { type Fault, tagFault } from "./syntax.ts";

/** The operator's HTML around the content of every mail. */
export const LAYOUT_FILE = "layout.html";

const COLORS = ["button", "onButton", "link"];
const VARIABLES: ReadonlySet<string> = new Set([
  ...["locale", "direction", "subject", "product", "appUrl", "supportUrl", "logoUrl", "words.footer", "words.getHelp"],
  ...["light", "dark"].flatMap((scheme) => COLORS.map((color) => `colors.${scheme}.${color}`)),
]);
/** The parts of a mail: its texts and buttons; the logo, or the name of the product. */
const PARTIALS: ReadonlySet<string> = new Set(["content", "name"]);

/** @returns the operator's layout, or null if the folder has none, and its faults with their lines */
export const readLayout = (folder: string): { readonly layout: Layout | null; readonly faults: readonly string[] } => {
  let source: string;
  try {
    source = readFileSync(join(folder, LAYOUT_FILE), "utf8");
  } catch {
    return { layout: null, faults: [] };
  }
  const faults = faultsOfLayout(source).map(({ line, message }) => `${LAYOUT_FILE}:${line}: ${message}`);
  return { layout: faults.length > 0 ? null : compileLayout(source), faults };
};

/** A layout always contains the content, and with it the link or code of the mail; it writes no value without escaping it. */
const faultsOfLayout = (source: string): Fault[] => {
  let body: readonly hbs.AST.Statement[];
  try {
    ({ body } = Handlebars.parse(source));
  } catch (error) {
    return [tagFault(error)];
  }
  const isContent = (statement: hbs.AST.Statement) => partialOf(statement) === "content";
  const script = source.split("\n").findIndex((line) => /<script/i.test(line));
  return [
    ...body.flatMap(faultsOfStatement),
    ...(body.filter(isContent).length === 1
      ? []
      : [{ line: 1, message: "the layout needs {{> content}} exactly once, outside of every {{#if}}" }]),
    ...(script < 0 ? [] : [{ line: script + 1, message: "mails must not contain scripts" }]),
  ];
};

const faultsOfStatement = (statement: hbs.AST.Statement): Fault[] => {
  const fault = (message: string): Fault[] => [{ line: statement.loc.start.line, message }];
  const partial = partialOf(statement);
  if (partial !== null) return PARTIALS.has(partial) ? [] : fault(`{{> ${partial}}} is unknown: use content or name`);
  if (statement.type === "MustacheStatement") {
    const { escaped, path, params, hash } = statement as hbs.AST.MustacheStatement;
    if (!escaped) return fault("write two braces: every value is escaped");
    return params.length === 0 && hash === undefined && isVariable(path) ? [] : fault(unknown(path));
  }
  if (statement.type !== "BlockStatement")
    return ["ContentStatement", "CommentStatement"].includes(statement.type)
      ? []
      : fault("only variables, if and unless are allowed");
  const { path, params, program, inverse } = statement as hbs.AST.BlockStatement;
  const [subject] = params;
  if (!["if", "unless"].includes(sourceOf(path)) || subject === undefined)
    return fault("only variables, if and unless are allowed");
  if (!isVariable(subject)) return fault(unknown(subject));
  const inside = [...program.body, ...(inverse?.body ?? [])];
  return inside.flatMap(faultsOfStatement);
};

/** The name of a partial without parameters; null for any other statement. */
const partialOf = (statement: hbs.AST.Statement): string | null => {
  if (statement.type !== "PartialStatement") return null;
  const { name, params, hash } = statement as hbs.AST.PartialStatement;
  return params.length === 0 && hash === undefined ? sourceOf(name as hbs.AST.PathExpression) : "…";
};

const isVariable = (expression: hbs.AST.Expression): boolean =>
  expression.type === "PathExpression" && VARIABLES.has(sourceOf(expression));

const sourceOf = (expression: hbs.AST.Expression): string =>
  String((expression as hbs.AST.PathExpression).original ?? "…");

const unknown = (expression: hbs.AST.Expression): string =>
  `{{${sourceOf(expression)}}} is not a variable of the layout; they are: ${[...VARIABLES].join(", ")}`;
