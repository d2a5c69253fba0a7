import { z } from "zod";
import { LOCALES } from "#shared/locales";
import { MAIL_BUDGETS } from "./mail-budgets.ts";

/**
 * The job that delivers one mail. Its name differs from versions before 1.0, whose replicas do not know links to addresses
 * without a user and would drop their mails. This version also delivers the jobs that those versions left.
 */
export const DELIVER_MAIL = "deliver-mail-1.0";
export const EARLIER_DELIVER_MAIL = "deliver-mail";

/** The payload of the job. `id` becomes the Message-ID, so that a mail delivered twice can be recognized as one. */
export const mailDelivery = z.object({
  id: z.uuid(),
  /** The name of the mail. */
  template: z.string(),
  to: z.string(),
  locale: z.enum(LOCALES),
  /** The recipient's budget that the first delivery attempt consumes from; absent if the mail is already counted. */
  budget: z.enum(MAIL_BUDGETS).optional(),
  data: z.record(z.string(), z.unknown()),
  link: z.object({ id: z.string() }).optional(),
  code: z.object({ id: z.string(), number: z.number().int() }).optional(),
});

export type MailDelivery = z.infer<typeof mailDelivery>;
