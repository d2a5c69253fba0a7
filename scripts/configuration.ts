import "reflect-metadata";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { Environment, REQUIRED_IN_PRODUCTION } from "#app/config/environment";
import { SETTING_SUBJECTS, type SettingDocs, settingDocs } from "#platform/setting-docs";
import { flag } from "#platform/setting-kinds";
import { withMarkedPart } from "./marked-part.ts";

// Writes docs/configuration.md and .env.example from the declarations of the settings: npm run configuration

const DOCUMENT = new URL("../docs/configuration.md", import.meta.url);
const ENV_EXAMPLE = new URL("../.env.example", import.meta.url);

const BEGIN = "<!-- begin of the settings: npm run configuration writes them -->";
const END = "<!-- end of the settings -->";

const LINE_WIDTH = 120;

export interface Setting extends SettingDocs {
  readonly name: string;
  readonly value: string;
  /** The default as text; absent if there is none, or if it depends on something else. */
  readonly literal: string | undefined;
  readonly isRequired: boolean;
}

/** Every setting, in the order of the subjects. */
export const listSettings = (): Setting[] => {
  const settings = Object.entries(Environment.shape).map(([name, schema]) => settingOf(name, schema as z.ZodType));
  return SETTING_SUBJECTS.flatMap((subject) => settings.filter((setting) => setting.subject === subject));
};

/** @throws {Error} if the declaration lacks its documentation */
const settingOf = (name: string, schema: z.ZodType): Setting => {
  const docs = settingDocs.get(schema);
  const value = docs?.value ?? kindOf(schema);
  if (docs === undefined || value === undefined)
    throw new Error(
      `${name}: declare it by setting(…), with a "value" unless it is a number, an enumeration or a flag`,
    );
  const preset: unknown = schema.safeParse(undefined).data;
  const literal = preset === undefined ? undefined : String(preset);
  return { ...docs, name, value, literal, isRequired: REQUIRED_IN_PRODUCTION.some((required) => required === name) };
};

/** The kind of value and its bounds, if the schema says it. */
const kindOf = (schema: z.ZodType): string | undefined => {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) return kindOf(schema.unwrap() as z.ZodType);
  if (schema === flag) return "`true` or `false`";
  if (schema instanceof z.ZodEnum) return `one of ${schema.options.map((option) => `\`${option}\``).join(", ")}`;
  if (schema instanceof z.ZodNumber)
    return `whole number, ${Number(schema.minValue).toLocaleString("en")} to ${Number(schema.maxValue).toLocaleString("en")}`;
  return undefined;
};

const defaultOf = ({ literal, default: inWords }: Setting): string =>
  literal === undefined ? (inWords ?? "none") : `\`${literal}\``;

const section = (setting: Setting): string =>
  [
    `### ${setting.name}`,
    "",
    setting.isRequired ? `**Required in production.** ${setting.description}` : setting.description,
    "",
    `- Value: ${setting.value}`,
    `- Default: ${defaultOf(setting)}`,
    `- Example: \`${setting.example}\``,
    "",
  ].join("\n");

const bySubject = (settings: readonly Setting[]) =>
  SETTING_SUBJECTS.map((subject) => ({ subject, ofSubject: settings.filter((one) => one.subject === subject) }));

/** The generated part of docs/configuration.md. */
export const referenceOf = (settings: readonly Setting[]): string =>
  [
    BEGIN,
    "",
    ...bySubject(settings).flatMap(({ subject, ofSubject }) => [`## ${subject}`, "", ...ofSubject.map(section)]),
    END,
  ].join("\n");

/** The document with this reference in place of the one that it contains. */
export const withReference = (document: string, reference: string): string =>
  withMarkedPart(document, { begin: BEGIN, end: END }, reference);

/** The whole of .env.example. */
export const envExampleOf = (settings: readonly Setting[]): string =>
  [
    ...commented(
      "Every setting. Copy this file to .env, or set the same names in the environment, which takes precedence over the file. " +
        "Each setting is commented out and shows its default, or an example if it has none or the default depends on something else. `npm run configuration` writes this file.",
    ),
    ...bySubject(settings).flatMap(({ subject, ofSubject }) => [
      "",
      `# ── ${subject} `.padEnd(80, "─"),
      ...ofSubject.flatMap((setting) => [...commented(explanationOf(setting)), assignmentOf(setting)]),
    ]),
    "",
  ].join("\n");

const explanationOf = (setting: Setting): string => {
  const facts = `${capitalized(setting.value)}. Default: ${defaultOf(setting)}.`;
  return `${setting.isRequired ? "Required in production. " : ""}${setting.description} ${facts}`;
};

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const assignmentOf = ({ name, literal, example }: Setting): string => {
  const value = literal ?? example;
  if (/["#]/.test(value)) return `#${name}='${value}'`;
  return value.includes(" ") ? `#${name}="${value}"` : `#${name}=${value}`;
};

/** Markdown as comment lines of a settings file. */
const commented = (markdown: string): string[] => {
  const text = markdown
    .replaceAll(/\[([^\]]+)\]\(#[^)]*\)/g, "docs/configuration.md ($1)")
    .replaceAll(/\[([^\]]+)\]\(([^)#]+)[^)]*\)/g, "docs/$2 ($1)")
    .replaceAll("`", "");
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > LINE_WIDTH) lines.push(`# ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const settings = listSettings();
  await writeFile(DOCUMENT, withReference(await readFile(DOCUMENT, "utf8"), referenceOf(settings)));
  await writeFile(ENV_EXAMPLE, envExampleOf(settings));
}
