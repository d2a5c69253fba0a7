import "reflect-metadata";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { FEATURES } from "#features/index";
import { MailCatalogue } from "#platform/mail/index";
import { type Field, fieldsOf } from "#platform/mail/templates/fields";
import { withMarkedPart } from "./marked-part.ts";

// Writes the table of mails in docs/branding.md from their definitions: npm run configuration

const DOCUMENT = new URL("../docs/branding.md", import.meta.url);

const MARKS = {
  begin: "<!-- begin of the mails: npm run configuration writes them -->",
  end: "<!-- end of the mails -->",
};

/** Variables that the text above the table describes. */
const COMMON: ReadonlySet<string> = new Set(["product", "expires", "code"]);

/** The document with the current table in place of the one that it contains. */
export const withMailVariables = (document: string): string => {
  const definitions = FEATURES.flatMap(({ mails }) => mails);
  const mails = [...definitions, new MailCatalogue(definitions).digest].toSorted((one, other) =>
    one.name.localeCompare(other.name),
  );
  const rows = mails.map((mail) => {
    const own = [...fieldsOf(mail)].filter(([name]) => !COMMON.has(name));
    return `| \`${mail.name}\` | ${mail.secret ?? ""} | ${own.map(describe).join(", ")} |`;
  });
  return withMarkedPart(
    document,
    MARKS,
    [MARKS.begin, "", "| mail | has | variables |", "|---|---|---|", ...rows, "", MARKS.end].join("\n"),
  );
};

const describe = ([name, field]: [string, Field]): string => {
  if (field.kind === "NUMBER") return `\`${name}\` (number)`;
  if (field.kind === "FLAG") return `\`${name}\` (condition)`;
  if (field.kind === "CHOICE")
    return `\`${name}\` (one of ${field.options.map((option) => `\`${option}\``).join(", ")})`;
  return field.kind === "LIST" ? `\`${name}\` (list: ${[...field.items].map(describe).join(", ")})` : `\`${name}\``;
};

if (process.argv[1] === fileURLToPath(import.meta.url))
  await writeFile(DOCUMENT, withMailVariables(await readFile(DOCUMENT, "utf8")));
