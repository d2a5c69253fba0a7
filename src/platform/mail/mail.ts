import type { z } from "zod";
import type { Locale } from "#shared/locales";
import type { MailBudget } from "./mail-budgets.ts";
import type { Quantity } from "./quantity.ts";

/** The secret in a mail: a one-time link or a one-time code, resolved when the mail is delivered. */
export type Secret = "link" | "code" | null;

/** Fields that are never empty in a text: null is replaced by a word in the reader's language (words.ts). */
type Worded = "device" | "newDevice" | "place";

/** A value in the form that a text receives, in the reader's language: moments are formatted, numbers have their plural forms. */
type Readable<Key, Value, Language extends Locale> = Value extends Date
  ? string
  : Value extends number
    ? Quantity<Language>
    : Value extends readonly (infer Item)[]
      ? readonly ReadableFields<Item, Language>[]
      : Value extends null
        ? Key extends Worded
          ? string
          : null
        : Value;

type ReadableFields<Data, Language extends Locale> = {
  readonly [Key in keyof Data as Exclude<Key, "name">]: Readable<Key, Data[Key], Language>;
};

/** The values available to a text. The reader's name is only in the greeting, which is the same in every mail. */
export type Facts<Data extends z.ZodObject, Kind extends Secret, Language extends Locale> = ReadableFields<
  z.output<Data>,
  Language
> & {
  readonly product: string;
} & (Kind extends null ? unknown : { readonly expires: string }) &
  (Kind extends "code" ? { readonly code: string } : unknown);

/** The pages of the operator (APP_URL, SUPPORT_URL) that a button can lead to. Without such a page the button is omitted. */
export type Destination = "app" | "support";

/**
 * One part of a body: a paragraph, facts with one line each, a list, the button of the link or of a page of the operator, or the
 * code. Plain text, never HTML.
 */
export type Block<Kind extends Secret = Secret> =
  | string
  | { readonly facts: Readonly<Record<string, string>> }
  | { readonly list: readonly string[] }
  | { readonly button: string; readonly to: Destination }
  | (Kind extends "link" ? { readonly button: string } : never)
  | (Kind extends "code" ? { readonly code: string } : never);

/** A mail in one language. Null or empty paragraphs are omitted. */
export interface MailText<Kind extends Secret = Secret> {
  readonly subject: string;
  readonly body: readonly (Block<Kind> | null)[];
  /** The text has its own buttons: none is added below it. */
  readonly hasButtons?: true;
}

/** The parameters of a method may be narrower than those of the type it is assigned to, so every mail is a `Mail`. */
type Write<Data extends z.ZodObject, Kind extends Secret, Language extends Locale> = {
  method(facts: Facts<Data, Kind, Language>): MailText<Kind>;
}["method"];

type Texts<Data extends z.ZodObject, Kind extends Secret> = {
  readonly [Language in Locale]: Write<Data, Kind, Language>;
};

/** What readers do next, outside of the mail: sign in, look at their account or administration, or get help. */
export type NextAction = "SIGN_IN" | "OPEN_APP" | "GET_HELP";

/** A mail, defined by the feature that sends it: a function for each language writes its text and HTML. */
export interface Mail<
  Data extends z.ZodObject = z.ZodObject,
  Kind extends Secret = Secret,
  Name extends string = string,
> extends Texts<Data, Kind> {
  /** Identifies the mail in queued jobs, so it never changes. */
  readonly name: Name;
  readonly secret: Kind;
  /** The budget that counts the mail, unless its sender specifies another one. Null: always sent, one for each event. */
  readonly budget: MailBudget | null;
  readonly data: Data;
  /** Replaces names in the data by words of the language. */
  inWords?(data: z.output<Data>, locale: Locale): z.output<Data>;
  /** The button below the text, if the operator has set the page that it leads to. */
  readonly next?: NextAction;
  /**
   * For a security notice: if the budget is exhausted, one mail lists all of them, with these words. Absent: the mail is then not
   * sent.
   */
  readonly merged?: Readonly<Record<Locale, string>>;
}

/**
 * Defines a mail. A text that uses an unknown field, or a missing language, is a type error.
 *
 * Mails to an unverified address have no `name`: the person who entered the address also chose the name, and could put a sentence of
 * their own into the product's mail.
 */
export const defineMail = <Data extends z.ZodObject, Kind extends Secret, const Name extends string>(
  mail: Mail<Data, Kind, Name>,
): Mail<Data, Kind, Name> => mail;

/** A reference to a one-time link: the secret is created when the mail is delivered, and is never stored in a job. */
export interface LinkReference {
  readonly id: string;
}

/** A reference to a one-time code: its purpose, and its number among the codes sent for it, because only the newest is valid. */
export interface CodeReference {
  readonly id: string;
  readonly number: number;
}

/** The link itself. */
export interface ResolvedLink {
  readonly url: string;
  readonly expiresAt: Date;
}

/** The code itself. */
export interface ResolvedCode {
  readonly code: string;
  readonly expiresAt: Date;
}

export type ResolvedSecret = ResolvedLink | ResolvedCode;

/** The reference that a mail with this secret requires. */
type Reference<Kind extends Secret> = Kind extends "link"
  ? { readonly link: LinkReference; readonly code?: never }
  : Kind extends "code"
    ? { readonly code: CodeReference; readonly link?: never }
    : { readonly link?: never; readonly code?: never };

/** A single mail: its recipient, language and data. */
export type Letter<Data extends z.ZodObject = z.ZodObject, Kind extends Secret = Secret> = {
  readonly to: string;
  readonly locale: Locale;
  readonly data: z.output<Data>;
} & Reference<Kind>;
