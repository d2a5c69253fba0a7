import type { z } from "zod";
import type { Locale } from "#shared/locales";
import type { MailBudget } from "./mail-budgets.ts";

/** The secret that a mail carries: a one-time link or a one-time code, resolved when the mail is delivered. */
export type Secret = "link" | "code" | null;

/** Fields that are never missing in a text: a word in the reader's language stands for null (words.ts). */
type Worded = "device" | "newDevice" | "place";

/** A value as a text gets it, in the reader's language: moments and numbers are written out. */
type Readable<Key, Value> = Value extends Date | number
  ? string
  : Value extends readonly (infer Item)[]
    ? readonly ReadableFields<Item>[]
    : Value extends null
      ? Key extends Worded
        ? string
        : null
      : Value;

type ReadableFields<Data> = { readonly [Key in keyof Data as Exclude<Key, "name">]: Readable<Key, Data[Key]> };

/** What a text may say. The reader's name is in the greeting, which is the same in every mail. */
export type Facts<Data extends z.ZodObject, Kind extends Secret> = ReadableFields<z.output<Data>> & {
  readonly product: string;
} & (Kind extends null ? unknown : { readonly expires: string }) &
  (Kind extends "code" ? { readonly code: string } : unknown);

/** One part of a body: a paragraph, facts on a line each, a list, the button of the link, or the code. Plain text, never HTML. */
export type Block<Kind extends Secret = Secret> =
  | string
  | { readonly facts: Readonly<Record<string, string>> }
  | { readonly list: readonly string[] }
  | (Kind extends "link" ? { readonly button: string } : never)
  | (Kind extends "code" ? { readonly code: string } : never);

/** A mail in one language. Null or empty: a paragraph that is left out. */
export interface MailText<Kind extends Secret = Secret> {
  readonly subject: string;
  readonly body: readonly (Block<Kind> | null)[];
}

/** A method's parameters may be narrower than those of the type it is assigned to: so every mail is a `Mail`. */
type Write<Data extends z.ZodObject, Kind extends Secret> = {
  method(facts: Facts<Data, Kind>): MailText<Kind>;
}["method"];

/** A mail, by the feature that sends it: a function for each language writes what text and HTML say. */
export interface Mail<
  Data extends z.ZodObject = z.ZodObject,
  Kind extends Secret = Secret,
  Name extends string = string,
> extends Readonly<Record<Locale, Write<Data, Kind>>> {
  /** Names the mail in queued jobs, so it never changes. */
  readonly name: Name;
  readonly secret: Kind;
  /** The budget that counts the mail, unless its sender names another one. Null: it is always sent, one for each event. */
  readonly budget: MailBudget | null;
  readonly data: Data;
  /** A security notice. Beyond the budget one mail lists all of them, by these words. Absent: beyond the budget it is not sent. */
  readonly merged?: Readonly<Record<Locale, string>>;
}

/**
 * Defines a mail. A text that names an unknown field, and a missing language, are type errors.
 *
 * Mails to an unproved address have no `name`: the person who typed the address in has chosen it, and it would let a
 * stranger write a sentence into the product's mail.
 */
export const defineMail = <Data extends z.ZodObject, Kind extends Secret, const Name extends string>(
  mail: Mail<Data, Kind, Name>,
): Mail<Data, Kind, Name> => mail;

/** Names a one-time link without being it: the secret is made when the mail is delivered, and never lies in a job. */
export interface LinkReference {
  readonly id: string;
}

/** Names a one-time code without being it: what it is for, and which of those sent for it, as only the newest is alive. */
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

/** What a mail with this secret refers to: exactly that. */
type Reference<Kind extends Secret> = Kind extends "link"
  ? { readonly link: LinkReference; readonly code?: never }
  : Kind extends "code"
    ? { readonly code: CodeReference; readonly link?: never }
    : { readonly link?: never; readonly code?: never };

/** One mail of a kind: to whom, in which language, and with what. */
export type Letter<Data extends z.ZodObject = z.ZodObject, Kind extends Secret = Secret> = {
  readonly to: string;
  readonly locale: Locale;
  readonly data: z.output<Data>;
} & Reference<Kind>;
