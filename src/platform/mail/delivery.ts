import { z } from "zod";
import { LOCALES } from "#shared/locales";
import { MAIL_BUDGETS } from "./mail-budgets.ts";

/**
 * The job that delivers one mail. It has another name than in versions before 1.0, whose replicas know no links to addresses
 * without a user and would drop their mails; what those versions left is delivered by this one.
 */
export const DELIVER_MAIL = "deliver-mail-1.0";
export const EARLIER_DELIVER_MAIL = "deliver-mail";

/** What that job carries. `id` becomes the Message-ID, so that a mail delivered twice can be recognised as one. */
export const mailDelivery = z.object({
  id: z.uuid(),
  /** The name of the mail. */
  template: z.string(),
  to: z.string(),
  locale: z.enum(LOCALES),
  /** The recipient's budget that the first attempt to deliver takes the mail from; absent if it is counted already. */
  budget: z.enum(MAIL_BUDGETS).optional(),
  data: z.record(z.string(), z.unknown()),
  link: z.object({ id: z.string() }).optional(),
  code: z.object({ id: z.string(), number: z.number().int() }).optional(),
});

export type MailDelivery = z.infer<typeof mailDelivery>;
