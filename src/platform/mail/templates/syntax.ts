import Handlebars from "handlebars";
import type { Locale } from "#shared/locales";
import type { Field, Fields } from "./fields.ts";

/** A fault of a template, with its line. */
export interface Fault {
  readonly line: number;
  readonly message: string;
}

/** What the templates of a mail may use. */
export interface Scope {
  readonly fields: Fields;
  readonly locale: Locale;
}

/**
 * The faults of the tags in a part of a template that begins at `firstLine`. Only variables of the mail, `if`, `unless`, `each`,
 * `plural` and `select` are allowed, so that a template can neither fail for some data nor contain anything unescaped.
 */
export const faultsOfTags = (source: string, firstLine: number, scope: Scope): Fault[] => {
  try {
    return faultsOfBody(Handlebars.parse(source).body, scope).map(({ line, message }) => ({
      line: line + firstLine - 1,
      message,
    }));
  } catch (error) {
    const { line, message } = tagFault(error);
    return [{ line: line + firstLine - 1, message }];
  }
};

/** The fault of a template that Handlebars cannot parse. */
export const tagFault = (error: unknown): Fault => ({ line: lineIn(error), message: UNREADABLE });

const UNREADABLE =
  "the tags cannot be read: each {{…}} ends, and each {{#…}} has its {{/…}}, in a text in the same paragraph";

/** Handlebars numbers the lines in the text of its errors; some of them only have a property. */
const lineIn = (error: unknown): number => {
  const { message = "", lineNumber = 1 } = error as { readonly message?: string; readonly lineNumber?: number };
  return Number(/on line (\d+)/.exec(message)?.[1] ?? lineNumber);
};

const faultsOfBody = (body: readonly hbs.AST.Statement[], scope: Scope): Fault[] =>
  body.flatMap((statement) => faultsOfStatement(statement, scope));

const faultsOfStatement = (statement: hbs.AST.Statement, scope: Scope): Fault[] => {
  const fault = (message: string): Fault[] => [{ line: statement.loc.start.line, message }];
  if (isOf<hbs.AST.MustacheStatement>(statement, "MustacheStatement"))
    return statement.escaped
      ? faultsOfValue(statement, scope).flatMap(fault)
      : fault("write two braces: every value is escaped");
  if (isOf<hbs.AST.BlockStatement>(statement, "BlockStatement")) return faultsOfSection(statement, scope);
  return statement.type === "ContentStatement" || statement.type === "CommentStatement"
    ? []
    : fault("only variables, if, unless, each, plural and select are allowed");
};

const isOf = <Node extends hbs.AST.Node>(node: hbs.AST.Node, type: string): node is Node => node.type === type;

const nameOf = (expression: hbs.AST.Expression): string | null => {
  const { parts, depth, data, original } = expression as hbs.AST.PathExpression;
  return expression.type === "PathExpression" && parts.length === 1 && depth === 0 && !data ? String(original) : null;
};

/** `{{name}}`, `{{plural name one="…"}}` or `{{select name A="…"}}`. */
const faultsOfValue = ({ path, params, hash }: hbs.AST.MustacheStatement, scope: Scope): string[] => {
  const name = nameOf(path);
  const options = hash?.pairs ?? [];
  if (name !== "plural" && name !== "select") {
    if (name === null) return [unknown(sourceOf(path), scope)];
    const field = scope.fields.get(name);
    if (field === undefined) return [unknown(name, scope)];
    if (params.length > 0 || options.length > 0) return [`{{${name}}} is a variable and takes nothing`];
    return field.kind === "TEXT" || field.kind === "NUMBER"
      ? []
      : [`{{${name}}} is not a text: ${usageOf(field, name)}`];
  }
  const [subject] = params;
  const field = scope.fields.get((subject && nameOf(subject)) ?? "");
  if (subject === undefined || field === undefined) return [unknown(subject ? sourceOf(subject) : name, scope)];
  const kind = name === "plural" ? "NUMBER" : "CHOICE";
  if (params.length > 1 || field.kind !== kind)
    return [`{{${name} …}} takes one ${kind === "NUMBER" ? "number" : "choice"}`];
  if (options.some(({ value }) => value.type !== "StringLiteral")) return [`{{${name} …}} takes texts in quotes`];
  const needed = field.kind === "CHOICE" ? field.options : pluralFormsOf(scope.locale);
  return [
    ...needed
      .filter((key) => !options.some((option) => option.key === key))
      .map((key) => `{{${name} …}} lacks ${key}="…"`),
    ...options
      .filter(({ key }) => !needed.includes(key) && !(name === "plural" && key === "zero"))
      .map(({ key }) => `{{${name} …}} has no form ${key}`),
  ];
};

/** The forms that a language has (CLDR, plural rules). */
const pluralFormsOf = (locale: Locale): readonly string[] =>
  new Intl.PluralRules(locale).resolvedOptions().pluralCategories;

const faultsOfSection = (block: hbs.AST.BlockStatement, scope: Scope): Fault[] => {
  const fault = (message: string): Fault[] => [{ line: block.loc.start.line, message }];
  const kind = nameOf(block.path);
  if (kind !== "if" && kind !== "unless" && kind !== "each")
    return fault(`{{#${sourceOf(block.path)}}} is unknown: use if, unless or each`);
  const [subject] = block.params;
  const name = subject ? nameOf(subject) : null;
  const field = name === null ? undefined : scope.fields.get(name);
  if (subject === undefined || field === undefined) return fault(unknown(subject ? sourceOf(subject) : kind, scope));
  if (kind === "each") {
    if (field.kind !== "LIST") return fault(`{{#each ${name}}}: ${name} is not a list`);
    return faultsOfBody(block.program.body, { ...scope, fields: field.items });
  }
  if (field.kind !== "FLAG" && field.kind !== "TEXT")
    return fault(`{{#${kind} ${name}}}: ${usageOf(field, name ?? "")}`);
  return [...faultsOfBody(block.program.body, scope), ...faultsOfBody(block.inverse?.body ?? [], scope)];
};

const usageOf = ({ kind }: Field, name: string): string => {
  if (kind === "LIST") return `use {{#each ${name}}}`;
  if (kind === "CHOICE") return `use {{select ${name} …}}`;
  return kind === "NUMBER" ? `use {{plural ${name} …}}` : `use {{#if ${name}}}`;
};

const unknown = (name: string, { fields }: Scope): string =>
  `{{${name}}} is not a variable of this mail; they are: ${[...fields.keys()].join(", ")}`;

const sourceOf = (expression: hbs.AST.Expression): string =>
  String((expression as hbs.AST.PathExpression).original ?? "…");
