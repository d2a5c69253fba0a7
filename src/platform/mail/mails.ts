import { z } from "zod";
import type { Locale } from "../../shared/locales.ts";

/** A moment: a Date for the caller, ISO 8601 while it waits in the job, written out in the reader's language in the mail. */
const moment = z.coerce.date<Date>();
const text = z.string();
const count = z.number().int().nonnegative();
/** The reader's own name, for the greeting. Null: no greeting by name. */
const name = z.string().nullable();

/**
 * Every mail there is, with what it tells. A mail with `link` carries a one-time link, resolved when it is delivered.
 *
 * Mails to an address that nobody has proved to own have no `name`: it was chosen by whoever typed the address in, and
 * would let a stranger write a sentence of his own into our mail.
 */
export const MAILS = {
  "verify-email": { link: true, data: z.object({}) },
  "already-registered": { link: false, data: z.object({ name, at: moment }) },
  "password-reset": { link: true, data: z.object({ name }) },
  "password-changed": { link: false, data: z.object({ name, at: moment, endedSessions: count }) },
  "account-locked": { link: false, data: z.object({ name, at: moment, ipAddress: text }) },
  "session-compromised": { link: false, data: z.object({ name, at: moment, device: text }) },
  "account-deleted": { link: false, data: z.object({ name, at: moment }) },
  "change-email-verify": { link: true, data: z.object({}) },
  "change-email-notice": { link: true, data: z.object({ name, newEmail: text }) },
  "account-secured": { link: true, data: z.object({ name, at: moment, endedSessions: count }) },
  "operator-invitation": { link: true, data: z.object({ name }) },
} as const satisfies Record<string, { link: boolean; data: z.ZodObject }>;

export type MailName = keyof typeof MAILS;

export const MAIL_NAMES = Object.keys(MAILS) as readonly MailName[];

/** Names a one-time link without being it: the secret is made when the mail is delivered, and never lies in a job. */
export interface LinkReference {
  readonly id: string;
}

/** The link itself. */
export interface ResolvedLink {
  readonly url: string;
  readonly expiresAt: Date;
}

/** A mail to be sent: what it is, to whom, in which language, and what it tells. */
export type MailRequest = {
  [Name in MailName]: {
    readonly template: Name;
    readonly to: string;
    readonly locale: Locale;
    readonly data: z.output<(typeof MAILS)[Name]["data"]>;
  } & ((typeof MAILS)[Name]["link"] extends true ? { readonly link: LinkReference } : { readonly link?: never });
}[MailName];
