import { randomUUID } from "node:crypto";
import type { z } from "zod";
import type { Db } from "../database/database.ts";
import type { JobQueue } from "../jobs/jobs.ts";
import { DELIVER_MAIL, type MailDelivery } from "./delivery.ts";
import type { Letter, Mail, Secret } from "./mail.ts";
import type { MailBudget, MailBudgets } from "./mail-budgets.ts";

/**
 * With the queue's pauses (e^attempt seconds, at most 6 h) delivery is abandoned after four days, as RFC 5321, section 4.5.4.1,
 * recommends.
 */
const MAX_ATTEMPTS = 25;

/** The recipient of a counted mail, and the budget if it differs from the mail's definition. */
export interface CountedRecipient {
  readonly to: string;
  readonly budget?: MailBudget | undefined;
}

/** Whether `reserve` has already counted the mail. */
export interface EnqueueOptions {
  readonly reserved?: boolean;
}

/** The decision of the recipient's budget. */
export interface Reservation {
  readonly reserved: boolean;
  /** Seconds until the budget has room again; 0 if the mail is reserved. */
  readonly retryAfter: number;
}

/**
 * The queue in which use cases put their mails: a mail is sent after the transaction commits, and never if it is rolled back.
 * Each mail is counted by a budget of its recipient. If that is exhausted, security notices are merged, and other mails are not
 * sent.
 */
export class MailQueue {
  constructor(private readonly deps: { jobs: JobQueue; budgets: MailBudgets }) {}

  /**
   * Counts a mail before its link or code is created, because a new one may invalidate an older one that was sent, which must not
   * happen if the budget is exhausted. Afterwards the mail is enqueued as `reserved`.
   */
  async reserve(db: Db, mail: Pick<Mail, "budget">, recipient: CountedRecipient): Promise<Reservation> {
    const retryAfter = await this.deps.budgets.consume(db, countedAs(mail, recipient));
    return { reserved: retryAfter === 0, retryAfter };
  }

  /** Gives a reservation back, because its mail will not be sent. */
  refund(db: Db, mail: Pick<Mail, "budget">, recipient: CountedRecipient): Promise<void> {
    return this.deps.budgets.refund(db, countedAs(mail, recipient));
  }

  /**
   * Unless reserved before, the mail is counted when it is delivered, so that this call takes the same time for every recipient.
   */
  async enqueue<Data extends z.ZodObject, Kind extends Secret>(
    db: Db,
    mail: Mail<Data, Kind>,
    { to, locale, data, link, code }: Letter<Data, Kind>,
    { reserved = false }: EnqueueOptions = {},
  ): Promise<void> {
    const budget = reserved ? null : mail.budget;
    const delivery: MailDelivery = {
      id: randomUUID(),
      template: mail.name,
      to,
      locale,
      data,
      // Only the ids, whatever else the caller's objects contain.
      ...(link && { link: { id: link.id } }),
      ...(code && { code: { id: code.id, number: code.number } }),
      ...(budget && { budget }),
    };
    await this.deps.jobs.add(db, DELIVER_MAIL, delivery, { maxAttempts: MAX_ATTEMPTS });
  }
}

/** A mail without a budget is never counted. */
const countedAs = (mail: Pick<Mail, "budget">, { to, budget }: CountedRecipient) => ({
  to,
  budget: mail.budget && (budget ?? mail.budget),
});
