import { directionOf, type Locale } from "#shared/locales";
import type { HtmlBlock, MailBrand } from "./brand.ts";
import type { Block, Mail, MailText, NextAction, ResolvedSecret } from "./mail.ts";
import { isolate, present } from "./presentation.ts";
import { fieldsOf } from "./templates/fields.ts";
import { fill, type MailWords, WORDS } from "./words.ts";

export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export interface Rendering {
  readonly brand: MailBrand;
  readonly locale: Locale;
  /** Parsed by the mail's schema. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly secret?: ResolvedSecret | undefined;
}

/** Renders a mail as text and as HTML, from its single text in this language. */
export const renderMail = (mail: Mail, { brand, locale, data, secret }: Rendering): RenderedMail => {
  const words = WORDS[locale];
  const product = isolate(brand.product, locale);
  const code = secret && "code" in secret ? secret.code : null;
  const readable = present(
    { ...worded(mail.inWords?.(data, locale) ?? data, words), expires: secret?.expiresAt ?? null },
    fieldsOf(mail),
    locale,
  );
  const { name, ...facts } = { name: null, ...readable, product, code };
  // The schema has parsed the data, and the mail's text is typed by the schema's fields.
  const { subject, body, hasButtons = false } = mail[locale](facts as never) as MailText;
  const urls = { ...brand, link: secret && "url" in secret ? secret.url : null };
  const blocks = [...body, hasButtons ? null : nextButton(mail.next, words, product)].flatMap(
    (block) => resolve(block, urls) ?? [],
  );
  const greeting = name ? fill(words.greeting, { name: String(name) }) : words.greetingWithoutName;
  return {
    subject,
    text: textOf({ greeting, blocks, brand, words }),
    html: brand.layout({
      ...brand,
      locale,
      direction: directionOf(locale),
      subject,
      greeting,
      words,
      blocks: blocks.map(forHtml),
    }),
  };
};

/** The data with words for unknown values. */
const worded = (data: Rendering["data"], words: MailWords) => ({
  ...data,
  ...(data.place === null && { place: words.unknownPlace }),
  ...(data.device === null && { device: words.unknownDevice }),
  ...(data.newDevice === null && { newDevice: words.unknownDevice }),
});

const nextButton = (next: NextAction | undefined, words: MailWords, product: string): Block | null => {
  if (next === undefined) return null;
  if (next === "GET_HELP") return { button: words.getHelp, to: "support" };
  return { button: next === "SIGN_IN" ? words.signIn : fill(words.openApp, { product }), to: "app" };
};

/** A block whose button has its address. */
type ResolvedBlock =
  | Exclude<Block, { readonly button: string }>
  | { readonly button: string; readonly url: string; readonly isSecret: boolean };

/** Null: a paragraph without a text, or a button without an address. */
const resolve = (
  block: Block | null,
  { link, appUrl, supportUrl }: Pick<MailBrand, "appUrl" | "supportUrl"> & { readonly link: string | null },
): ResolvedBlock | null => {
  if (block === null || block === "") return null;
  if (typeof block === "string" || !("button" in block)) return block;
  const isSecret = !("to" in block);
  const url = isSecret ? link : block.to === "app" ? appUrl : supportUrl;
  return url === null ? null : { button: block.button, url, isSecret };
};

interface Parts {
  readonly greeting: string;
  readonly blocks: readonly ResolvedBlock[];
  readonly brand: MailBrand;
  readonly words: MailWords;
}

const textOf = ({ greeting, blocks, brand, words }: Parts): string => {
  const { product, appUrl, supportUrl } = brand;
  // RFC 3676, section 4.3: the line that begins a signature ends with a space.
  const signature = ["-- ", product, appUrl, words.footer, supportUrl && `${words.getHelp}: ${readable(supportUrl)}`];
  return `${[greeting, ...blocks.map(blockText)].join("\n\n")}\n\n${signature.filter(Boolean).join("\n")}\n`;
};

/** People write to an address, not to a URL. */
const readable = (url: string): string => url.replace(/^mailto:/, "");

const blockText = (block: ResolvedBlock): string => {
  if (typeof block === "string") return block;
  if ("facts" in block) return linesOf(block.facts).join("\n");
  if ("list" in block) return block.list.map((item) => `- ${item}`).join("\n");
  return "button" in block ? `${block.button}:\n${readable(block.url)}` : block.code;
};

const linesOf = (facts: Readonly<Record<string, string>>): string[] =>
  Object.entries(facts).map(([label, value]) => `${label}: ${value}`);

/** A block with all fields that the layout requires. */
const forHtml = (block: ResolvedBlock): HtmlBlock => {
  const none = { lines: null, facts: null, list: null, button: null, code: null };
  if (typeof block === "string") return { ...none, lines: block.split("\n") };
  if ("facts" in block)
    return { ...none, facts: Object.entries(block.facts).map(([label, value]) => ({ label, value })) };
  if ("button" in block) return { ...none, button: block };
  return { ...none, ...block };
};
