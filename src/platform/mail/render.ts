import { readFileSync } from "node:fs";
import Handlebars from "handlebars";
import type { Locale } from "#shared/locales";
import type { Block, Facts, Mail, ResolvedSecret, Secret } from "./mail.ts";
import { escapeUrl, present } from "./presentation.ts";
import { WORDS } from "./words.ts";

export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export interface Rendering {
  /** The name of the product for its users. */
  readonly product: string;
  readonly locale: Locale;
  /** Parsed by the mail's schema. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly secret?: ResolvedSecret | undefined;
}

const layout = Handlebars.create().compile(
  readFileSync(new URL("./assets/mail.html", import.meta.url), "utf8"),
  // Throws if a field is missing. Every value is escaped.
  { strict: true },
);

/** Renders a mail as text and as HTML, from its single text in this language. */
export const renderMail = (mail: Mail, { product, locale, data, secret }: Rendering): RenderedMail => {
  const words = WORDS[locale];
  const link = secret && "url" in secret ? secret.url : null;
  const code = secret && "code" in secret ? secret.code : null;
  const readable = present({ ...worded(data, words), product, expires: secret?.expiresAt ?? null }, locale);
  const { name, ...facts } = { name: null, ...readable, code };
  // The schema has parsed the data, and the mail's text is typed by the schema's fields.
  const { subject, body } = mail[locale](facts as unknown as Facts<Mail["data"], Secret>);
  const blocks = body.flatMap((block) => block || []);
  const greeting = `${words.hello}${name ? ` ${name}` : ""},`;
  return {
    subject,
    text: `${[greeting, ...blocks.map((block) => textOf(block, link))].join("\n\n")}\n\n-- \n${readable.product}\n${words.footer}\n`,
    html: layout({
      locale,
      subject,
      product: readable.product,
      greeting,
      words,
      blocks: blocks.map(forHtml),
      link: link === null ? null : new Handlebars.SafeString(escapeUrl(link)),
    }),
  };
};

/** The data with words for unknown values. */
const worded = (data: Rendering["data"], { unknownPlace, unknownDevice }: (typeof WORDS)[Locale]) => ({
  ...data,
  ...(data.place === null && { place: unknownPlace }),
  ...(data.device === null && { device: unknownDevice }),
  ...(data.newDevice === null && { newDevice: unknownDevice }),
});

const textOf = (block: Block, link: string | null): string => {
  if (typeof block === "string") return block;
  if ("facts" in block) return linesOf(block.facts).join("\n");
  if ("list" in block) return block.list.map((item) => `- ${item}`).join("\n");
  return "button" in block ? `${block.button}:\n${link}` : block.code;
};

/** A block with all fields that the layout requires. */
const forHtml = (block: Block) => {
  const none = { lines: null, list: null, button: null, code: null };
  if (typeof block === "string") return { ...none, lines: [block] };
  return "facts" in block ? { ...none, lines: linesOf(block.facts) } : { ...none, ...block };
};

const linesOf = (facts: Readonly<Record<string, string>>): string[] =>
  Object.entries(facts).map(([label, value]) => `${label}: ${value}`);
