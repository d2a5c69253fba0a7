import type { Layout } from "./layout.ts";

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
