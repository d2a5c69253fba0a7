import { z } from "zod";
import type { Locale } from "#shared/locales";

/** A moment: a Date for the caller, ISO 8601 while it waits in the job, written out in the reader's language in the mail. */
const moment = z.coerce.date<Date>();
const text = z.string();
const count = z.number().int().nonnegative();
/** The reader's own name, for the greeting. Null: no greeting by name. */
const name = z.string().nullable();
/** Browser and system as the server recognised them, never a name that the client chose. Null: unknown, as for `place`. */
const device = z.string().nullable();
/** Where an address is, as far as it tells. Null: it does not, and the mail says so in the reader's language. */
const place = z.string().nullable();

/** Whether an admin wanted it, and not the reader. */
const byAdmin = z.boolean().default(false);

/** When and from where somebody registered. */
const registered = { at: moment, place: place.default(null) };

/** What happens to second factors, as *mfa-changed* tells it: `terms.json` says each in the reader's language. */
export const MFA_CHANGES = [
  "TOTP_ENABLED",
  "TOTP_REPLACED",
  "TOTP_DISABLED",
  "PASSKEY_ADDED",
  "PASSKEY_REMOVED",
  "BACKUP_CODES_RENEWED",
  "FACTORS_RESET",
] as const;

/** Security notices of which one mail may tell in the place of many: `terms.json` names each in the reader's language. */
export const MERGED_NOTICES = [
  "registration-requested",
  "already-registered",
  "account-locked",
  "mfa-locked",
  "backup-code-used",
  "session-evicted",
] as const;

export type MergedNotice = (typeof MERGED_NOTICES)[number];

/** Whether this mail is merged with others if there are too many. */
export const isMergedNotice = (template: string): template is MergedNotice =>
  MERGED_NOTICES.some((notice) => notice === template);

/**
 * Every mail there is, with what it tells, and the secret it carries: a one-time link or a one-time code, resolved when
 * the mail is delivered.
 *
 * Mails to an address that nobody has proved to own have no `name`: it was chosen by whoever typed the address in, and
 * would let a stranger write a sentence of his own into our mail. For the same reason *tenant-activation* does not name the
 * company; *user-invitation* does, in quotation marks: who invites has proved an address and is known to the history.
 */
export const MAILS = {
  "verify-email": { secret: "link", data: z.object(registered) },
  "registration-requested": {
    secret: null,
    data: z.object({ name, at: moment, email: text, applicant: text.nullable() }),
  },
  "registration-approved": { secret: "link", data: z.object(registered) },
  "registration-rejected": { secret: null, data: z.object({ reason: text.nullable() }) },
  "already-registered": { secret: null, data: z.object({ name, at: moment }) },
  "password-reset": { secret: "link", data: z.object({ name }) },
  "password-changed": { secret: null, data: z.object({ name, at: moment, endedSessions: count }) },
  "account-locked": { secret: null, data: z.object({ name, at: moment, ipAddress: text }) },
  "session-compromised": { secret: null, data: z.object({ name, at: moment, device }) },
  "step-up-failed": { secret: null, data: z.object({ name, at: moment, device, ipAddress: text }) },
  "account-deleted": { secret: null, data: z.object({ name, at: moment }) },
  "change-email-verify": { secret: "link", data: z.object({}) },
  "change-email-notice": { secret: "link", data: z.object({ name, newEmail: text }) },
  "email-changed": { secret: null, data: z.object({ name, at: moment, newEmail: text }) },
  "email-change-undone": { secret: null, data: z.object({ at: moment }) },
  "factor-reset-requested": { secret: "link", data: z.object({ name, at: moment, due: moment, byAdmin }) },
  "factor-reset-approval": { secret: null, data: z.object({ name, at: moment, due: moment, email: text }) },
  "factor-reset-cancelled": { secret: null, data: z.object({ name, at: moment, byAdmin }) },
  "changes-suspended": { secret: null, data: z.object({ name, at: moment, since: moment, email: text }) },
  "account-secured": { secret: "link", data: z.object({ name, at: moment, endedSessions: count }) },
  "operator-invitation": { secret: "link", data: z.object({ name }) },
  "user-invitation": { secret: "link", data: z.object({ company: text }) },
  "membership-offered": { secret: null, data: z.object({ name, company: text }) },
  "tenant-activation": { secret: "link", data: z.object(registered) },
  "login-code": { secret: "code", data: z.object({ name, at: moment, device, ipAddress: text }) },
  "address-code": { secret: "code", data: z.object({ at: moment, provider: text, device, ipAddress: text }) },
  "reauthentication-code": { secret: "code", data: z.object({ name, at: moment }) },
  "mfa-changed": { secret: null, data: z.object({ name, at: moment, change: z.enum(MFA_CHANGES) }) },
  "social-account-changed": {
    secret: null,
    data: z.object({ name, at: moment, provider: text, linked: z.boolean() }),
  },
  "mfa-locked": { secret: null, data: z.object({ name, at: moment, ipAddress: text }) },
  "backup-code-used": {
    secret: null,
    data: z.object({ name, at: moment, ipAddress: text, device, left: count }),
  },
  "new-login-confirmation": {
    secret: "link",
    data: z.object({ name, at: moment, device, place, ipAddress: text }),
  },
  "new-device": { secret: "link", data: z.object({ name, at: moment, device, place, ipAddress: text }) },
  "session-claimed": {
    secret: "link",
    data: z.object({ name, at: moment, device, place, ipAddress: text }),
  },
  "session-evicted": {
    secret: null,
    data: z.object({ name, at: moment, device, newDevice: device, ipAddress: text }),
  },
  "notice-digest": {
    secret: null,
    data: z.object({ notices: z.array(z.object({ notice: z.enum(MERGED_NOTICES), count, lastAt: moment })) }),
  },
} as const satisfies Record<string, { secret: "link" | "code" | null; data: z.ZodObject }>;

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

/** Names a one-time code without being it: what it is for, and which of those sent for it, as only the newest is alive. */
export interface CodeReference {
  readonly id: string;
  readonly number: number;
}

/** The code itself. */
export interface ResolvedCode {
  readonly code: string;
  readonly expiresAt: Date;
}

export type ResolvedSecret = ResolvedLink | ResolvedCode;

/** What a mail names that has this secret to tell: exactly that. */
type Naming<Secret> = Secret extends "link"
  ? { readonly link: LinkReference; readonly code?: never }
  : Secret extends "code"
    ? { readonly code: CodeReference; readonly link?: never }
    : { readonly link?: never; readonly code?: never };

/** A mail to be sent: what it is, to whom, in which language, and what it tells. */
export type MailRequest = {
  [Name in MailName]: {
    readonly template: Name;
    readonly to: string;
    readonly locale: Locale;
    readonly data: z.output<(typeof MAILS)[Name]["data"]>;
  } & Naming<(typeof MAILS)[Name]["secret"]>;
}[MailName];
