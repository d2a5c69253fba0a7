import Handlebars from "handlebars";
import type { Locale } from "#shared/locales";
import type { Block, Mail, MailText } from "../mail.ts";
import type { PluralForms, Quantity } from "../quantity.ts";
import { fieldsOf } from "./fields.ts";
import { type Fault, faultsOfTags, type Scope } from "./syntax.ts";

/** The operator's text of a mail in one language. */
export type Template = (facts: Readonly<Record<string, unknown>>) => MailText;

const engine = Handlebars.create();
// `#` in a form is the number.
engine.registerHelper("plural", (count: Quantity, { hash }: Handlebars.HelperOptions) =>
  count.plural(hash as PluralForms[Locale]).replaceAll("#", String(count)),
);
engine.registerHelper("select", (choice: string, { hash }: Handlebars.HelperOptions) => hash[choice]);

/** A template throws if a field is missing. Its result is plain text, which the layout escapes. */
const compile = (source: string) => engine.compile(source, { strict: true, noEscape: true });

/** A paragraph of the file, with the line that it begins at. */
interface Paragraph {
  readonly source: string;
  readonly line: number;
}

/** `[Sign in]({{app}})`, alone in its paragraph. */
const BUTTON = /^\[([^\]]+)\]\(\{\{\s*(link|app|support)\s*\}\}\)$/;
const CODE = /^\{\{\s*code\s*\}\}$/;
const SUBJECT = /^Subject:\s*(\S.*)$/;
/** Lines of items, and lines that contain nothing but the tags around them. */
const LIST = /^(?:\s*\{\{[#/][^}]*\}\}\s*\n)*- /;

/**
 * Reads the operator's text of a mail: a line `Subject: …`, and paragraphs separated by empty lines. A paragraph is a text, a
 * list (`- `), a button (`[text]({{link}})`), or the code (`{{code}}`).
 *
 * The structure comes from the file and never from values, so that no value can add a link, a list or a paragraph.
 */
export const parseTemplate = (
  content: string,
  mail: Pick<Mail, "data" | "secret">,
  locale: Locale,
): { readonly template: Template; readonly faults: readonly Fault[] } => {
  const [first, ...rest] = paragraphsOf(content);
  const subject = SUBJECT.exec(first?.source ?? "")?.[1];
  if (first === undefined || subject === undefined)
    return {
      template: () => ({ subject: "", body: [] }),
      faults: [{ line: first?.line ?? 1, message: "the first line must be “Subject: …”, followed by an empty line" }],
    };
  const scope: Scope = { fields: fieldsOf(mail), locale };
  const faults = [
    ...faultsOfTags(subject, first.line, scope),
    ...rest.flatMap((paragraph) => faultsOfParagraph(paragraph, mail, scope)),
    ...faultsOfSecret(rest, mail),
  ];
  if (faults.length > 0) return { template: () => ({ subject: "", body: [] }), faults };
  const [writeSubject, writers] = [compile(subject), rest.map(({ source }) => blockOf(source))];
  return {
    template: (facts) => ({
      subject: writeSubject(facts).trim(),
      body: writers.map((write) => write(facts)),
      hasButtons: true,
    }),
    faults,
  };
};

const paragraphsOf = (content: string): Paragraph[] => {
  const lines = content.replace(/^\uFEFF/, "").split(/\r?\n/);
  const isFirst = (index: number) => lines[index]?.trim() !== "" && !lines[index - 1]?.trim();
  return lines.flatMap((_, index) => {
    if (!isFirst(index)) return [];
    const length = lines.slice(index).findIndex((each) => each.trim() === "");
    const paragraph = length < 0 ? lines.slice(index) : lines.slice(index, index + length);
    return [{ source: paragraph.map((each) => each.trimEnd()).join("\n"), line: index + 1 }];
  });
};

const faultsOfParagraph = ({ source, line }: Paragraph, { secret }: Pick<Mail, "secret">, scope: Scope): Fault[] => {
  const [, label, to] = BUTTON.exec(source) ?? [];
  if (label !== undefined)
    return to === "link" && secret !== "link"
      ? [{ line, message: "this mail has no link: use {{app}} or {{support}}" }]
      : faultsOfTags(label, line, scope);
  if (CODE.test(source) && secret === "code") return [];
  const misplaced = /\{\{[^}]*\b(link|app|support)\b\s*\}\}/.exec(source)?.[1];
  if (misplaced && !scope.fields.has(misplaced))
    return [
      {
        line,
        message: `{{${misplaced}}} is only allowed in a button, alone in its paragraph: [text]({{${misplaced}}})`,
      },
    ];
  const body = new Map([...scope.fields].filter(([name]) => name !== "code"));
  return faultsOfTags(source, line, { ...scope, fields: body });
};

/** A mail without its link or code would be useless, and could no longer stop an attack. */
const faultsOfSecret = (paragraphs: readonly Paragraph[], { secret }: Pick<Mail, "secret">): Fault[] => {
  if (secret === null) return [];
  const [shape, written] =
    secret === "link" ? [/^\[[^\]]+\]\(\{\{\s*link\s*\}\}\)$/, "[text]({{link}})"] : [CODE, "{{code}}"];
  const found = paragraphs.filter(({ source }) => shape.test(source));
  if (found.length === 1) return [];
  const line = found[1]?.line ?? paragraphs.at(-1)?.line ?? 1;
  return [{ line, message: `this mail needs ${written} exactly once, alone in its paragraph` }];
};

/** The block of a paragraph. A paragraph whose text is empty for some data is omitted. */
const blockOf = (source: string): ((facts: Readonly<Record<string, unknown>>) => Block | null) => {
  const [, label = "", to] = BUTTON.exec(source) ?? [];
  const write = compile(to === undefined ? source : label);
  if (to === "link") return (facts) => ({ button: write(facts) });
  if (to === "app" || to === "support") return (facts) => ({ button: write(facts), to });
  if (CODE.test(source)) return (facts) => ({ code: write(facts) });
  const lines = (facts: Readonly<Record<string, unknown>>) =>
    write(facts)
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
  if (LIST.test(`${source}\n`)) return (facts) => ({ list: lines(facts).map((line) => line.replace(/^- /, "")) });
  return (facts) => lines(facts).join("\n");
};
