import { readFileSync } from "node:fs";
import Handlebars from "handlebars";
import type { Locale } from "#shared/locales";
import type { MailBrand } from "./brand.ts";
import { escapeUrl } from "./presentation.ts";
import type { MailWords } from "./words.ts";

/** A part of a body; exactly one of these is not null. */
export interface HtmlBlock {
  readonly lines: readonly string[] | null;
  readonly facts: readonly { readonly label: string; readonly value: string }[] | null;
  readonly list: readonly string[] | null;
  readonly button: { readonly button: string; readonly url: string; readonly isSecret: boolean } | null;
  readonly code: string | null;
}

/** The values of the layout. */
export interface LayoutValues extends Omit<MailBrand, "layout"> {
  readonly locale: Locale;
  readonly direction: "ltr" | "rtl";
  readonly subject: string;
  readonly greeting: string;
  readonly words: MailWords;
  readonly blocks: readonly HtmlBlock[];
}

const asset = (name: string): string => readFileSync(new URL(`./assets/${name}`, import.meta.url), "utf8");

const handlebars = Handlebars.create();
handlebars.registerPartial("content", asset("mail-content.html"));
handlebars.registerPartial("name", asset("mail-name.html").trim());

/** Writes the HTML of a mail. */
export type Layout = (values: LayoutValues) => string;

/** A layout from its source. It throws if a field is missing, and escapes every value. */
export const compileLayout = (source: string): Layout => {
  const layout = handlebars.compile(source, { strict: true });
  return ({ appUrl, supportUrl, logoUrl, ...values }) =>
    layout({
      ...values,
      appUrl: safeUrl(appUrl),
      supportUrl: safeUrl(supportUrl),
      logoUrl: safeUrl(logoUrl),
      blocks: values.blocks.map(({ button, ...block }) => ({
        ...block,
        button: button && { ...button, url: safeUrl(button.url) },
      })),
    });
};

const safeUrl = (url: string | null) => (url === null ? null : new Handlebars.SafeString(escapeUrl(url)));

/** The layout of Portcullis. */
export const DEFAULT_LAYOUT: Layout = compileLayout(asset("mail.html"));
