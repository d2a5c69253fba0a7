import type { Locale } from "#shared/locales";
import type { MailWords } from "./words.ts";

/** The brand of the installation in mails. */
export interface MailBrand {
  /** The name of the product for its users. */
  readonly product: string;
  /** Null: the operator has not set this page. */
  readonly appUrl: string | null;
  readonly supportUrl: string | null;
  /** An image that any mail program can load; null: the name of the product as text. */
  readonly logoUrl: string | null;
  readonly colors: MailColors;
  readonly layout: Layout;
}

/** The colours of buttons and links, in light and dark mail programs. */
export type MailColors = Readonly<Record<"light" | "dark", ButtonColors>>;

interface ButtonColors {
  readonly button: string;
  /** Text on the button. */
  readonly onButton: string;
  readonly link: string;
}

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

/** Writes the HTML of a mail. */
export type Layout = (values: LayoutValues) => string;
