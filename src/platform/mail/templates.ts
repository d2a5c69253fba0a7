import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Handlebars from "handlebars";
import { z } from "zod";
import { LOCALES, type Locale } from "#shared/locales";
import { MAIL_NAMES, MAILS, type MailName, MERGED_NOTICES, MFA_CHANGES, type ResolvedSecret } from "./mails.ts";
import { placeholdersOf } from "./placeholders.ts";
import { escapeUrl, present } from "./presentation.ts";

export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

type Render = (context: Record<string, unknown>) => string;

interface CompiledMail {
  readonly subject: Render;
  readonly text: Render;
  readonly html: Render;
}

interface Layout {
  readonly words: z.infer<typeof layoutWords>;
  readonly terms: z.infer<typeof dataTerms>;
  readonly text: Render;
  readonly html: Render;
}

export interface MailTemplatesOptions {
  /** What the product calls itself to its users. */
  readonly product: string;
  readonly directory: string;
}

/** Those that come along never change: they are compiled once for a process. */
const bundled = new Map<string, MailTemplates>();

const layoutWords = z.strictObject({ hello: z.string(), copyLink: z.string(), footer: z.string() });

/** The reader's words for data that is one of a closed list, or not known. */
const dataTerms = z.strictObject({
  change: z.record(z.enum(MFA_CHANGES), z.string().min(1)),
  notice: z.record(z.enum(MERGED_NOTICES), z.string().min(1)),
  unknownPlace: z.string().min(1),
  unknownDevice: z.string().min(1),
});

const TEXT = { strict: true, noEscape: true } as const;
const HTML = { strict: true } as const;

/** All mails in all languages: read, checked against mails.ts and compiled once; `load` throws naming every fault it found. */
export class MailTemplates {
  readonly #product: string;
  readonly #mails: ReadonlyMap<string, CompiledMail>;
  readonly #layouts: ReadonlyMap<Locale, Layout>;

  private constructor(product: string, mails: ReadonlyMap<string, CompiledMail>, layouts: ReadonlyMap<Locale, Layout>) {
    this.#product = product;
    this.#mails = mails;
    this.#layouts = layouts;
  }

  /** The mails that come along, under the product's name. */
  static bundled(product: string): MailTemplates {
    const templates = bundled.get(product) ?? MailTemplates.load({ product, directory: BUNDLED });
    bundled.set(product, templates);
    return templates;
  }

  static load({ product, directory }: MailTemplatesOptions): MailTemplates {
    const read = (file: string) => readFileSync(`${directory}/${file}`, "utf8");
    const handlebars = Handlebars.create();
    const compileLayout = (locale: Locale): Layout => {
      const [words, terms, text, html, button] = [
        read(`${locale}/layout.json`),
        read(`${locale}/terms.json`),
        read("layout.txt"),
        read("layout.html"),
        read("button.html"),
      ];
      checkPlaceholders("layout", { allowed: LAYOUT_PLACEHOLDERS }, text, html, button);
      handlebars.registerPartial("button", button);
      return {
        words: layoutWords.parse(JSON.parse(words)),
        terms: dataTerms.parse(JSON.parse(terms)),
        text: handlebars.compile(text, TEXT),
        html: handlebars.compile(html, HTML),
      };
    };
    const compileMail = (name: MailName, locale: Locale): CompiledMail => {
      const [, subject = "", text = ""] = /^Subject: ([^\n]+)\n\n(.*)$/s.exec(read(`${locale}/${name}.txt`)) ?? [];
      const html = read(`${locale}/${name}.html`);
      if (subject === "") throw new Error(`the text begins with "Subject: …" and an empty line`);
      const required = placeholdersFor(name);
      checkPlaceholders("subject", { allowed: [...required, "product"] }, subject);
      checkPlaceholders("text", { required, allowed: ["product"] }, text);
      checkPlaceholders("HTML", { required, allowed: ["product"] }, html);
      return {
        subject: handlebars.compile(subject, TEXT),
        text: handlebars.compile(text, TEXT),
        html: handlebars.compile(html, HTML),
      };
    };

    const faults: string[] = [];
    const collect = <T>(file: string, build: () => T): T[] => {
      try {
        return [build()];
      } catch (error) {
        faults.push(`${file}: ${error instanceof Error ? error.message : String(error)}`);
        return [];
      }
    };
    const layouts = LOCALES.flatMap((locale) => collect(locale, () => [locale, compileLayout(locale)] as const));
    const mails = LOCALES.flatMap((locale) =>
      MAIL_NAMES.flatMap((name) =>
        collect(`${locale}/${name}`, () => [`${locale}/${name}`, compileMail(name, locale)] as const),
      ),
    );
    if (faults.length > 0) throw new Error(`Mail templates:\n${faults.join("\n")}`);
    return new MailTemplates(product, new Map(mails), new Map(layouts));
  }

  render(name: MailName, locale: Locale, data: Record<string, unknown>, secret?: ResolvedSecret): RenderedMail {
    const mail = this.#mails.get(`${locale}/${name}`);
    const layout = this.#layouts.get(locale);
    if (mail === undefined || layout === undefined) throw new Error(`No mail template ${locale}/${name}`);

    const { words, terms } = layout;
    const said = { ...withTerms(data, terms), product: this.#product, expires: secret?.expiresAt ?? null };
    const link = secret && "url" in secret ? secret.url : null;
    const code = secret && "code" in secret ? secret.code : null;
    const inText = { name: null, ...present(said, locale), words, locale, link, code };
    const inHtml = { ...inText, link: link === null ? null : new Handlebars.SafeString(escapeUrl(link)) };
    const subject = mail.subject(inText);
    return {
      subject,
      text: layout.text({ ...inText, body: mail.text(inText).trim() }),
      html: layout.html({ ...inHtml, subject, body: new Handlebars.SafeString(mail.html(inHtml)) }),
    };
  }
}

const BUNDLED = fileURLToPath(new URL("./templates", import.meta.url));

const LAYOUT_PLACEHOLDERS = ["words", "name", "product", "body", "subject", "locale", "href", "label"];

/** What a mail must say in every language, as text and as HTML. The name is the layout's to say. */
const placeholdersFor = (name: MailName): string[] => {
  const { secret, data } = MAILS[name];
  return [...Object.keys(data.shape).filter((key) => key !== "name"), ...(secret ? [secret, "expires"] : [])];
};

/** The data with words for what is one of a closed list, or not known. */
const withTerms = (data: Record<string, unknown>, terms: Layout["terms"]): Record<string, unknown> => {
  const { change, notice, unknownPlace, unknownDevice } = terms;
  const term = MFA_CHANGES.find((each) => each === data.change);
  const held = MERGED_NOTICES.find((each) => each === data.notice);
  return {
    ...data,
    ...(term && { change: change[term] }),
    ...(held && { notice: notice[held] }),
    ...(Array.isArray(data.notices) && {
      notices: data.notices.map((each) => withTerms(each, terms)),
    }),
    ...(data.place === null && { place: unknownPlace }),
    ...(data.device === null && { device: unknownDevice }),
    ...(data.newDevice === null && { newDevice: unknownDevice }),
  };
};

interface Expected {
  readonly required?: readonly string[];
  readonly allowed: readonly string[];
}

/** Parses templates (Handlebars itself would not before the first rendering) and compares what they ask for with what they get. */
const checkPlaceholders = (what: string, { required = [], allowed }: Expected, ...sources: string[]): void => {
  const used = new Set(sources.flatMap((source) => [...placeholdersOf(source)]));
  const unknown = [...used].filter((key) => !required.includes(key) && !allowed.includes(key));
  const unsaid = required.filter((key) => !used.has(key));
  if (unknown.length > 0) throw new Error(`the ${what} has an unknown placeholder: ${unknown.join(", ")}`);
  if (unsaid.length > 0) throw new Error(`the ${what} does not say: ${unsaid.join(", ")}`);
};
