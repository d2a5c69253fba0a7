import { randomUUID } from "node:crypto";
import type { z } from "zod";
import type { Db } from "../database/database.ts";
import type { JobQueue } from "../jobs/jobs.ts";
import { DELIVER_MAIL, type MailDelivery } from "./delivery.ts";
import type { Letter, Mail, Secret } from "./mail.ts";
import type { MailBudget, MailBudgets } from "./mail-budgets.ts";

/** With the queue's pauses (e^attempt seconds, at most 6 h) this gives up after four days, as RFC 5321, section 4.5.4.1, advises. */
const MAX_ATTEMPTS = 25;

/** A mail to be counted: for whom, and who caused it, if that is not what its definition says. */
export interface CountedRecipient {
  readonly to: string;
  readonly budget?: MailBudget | undefined;
}

/** Whether `admit` has counted the mail. */
export interface EnqueueOptions {
  readonly admitted?: boolean;
}

/** What the recipient's budget says about a mail. */
export interface Admission {
  readonly admitted: boolean;
  /** Seconds until the budget has room again; 0 if the mail is admitted. */
  readonly retryAfter: number;
}

/**
 * Where use cases leave their mail: it is sent after the transaction commits, and never if it does not. Each mail is counted
 * by a budget of its recipient: beyond it security notices are merged, and other mails are not sent.
 */
export class MailQueue {
  constructor(private readonly deps: { jobs: JobQueue; budgets: MailBudgets }) {}

  /**
   * Counts a mail before its link or code is made, because a new one may end an older one that was sent: a spent budget must
   * not do that. Then it is enqueued as `admitted`.
   */
  async admit(db: Db, mail: Pick<Mail, "budget">, recipient: CountedRecipient): Promise<Admission> {
    const retryAfter = await this.deps.budgets.take(db, countedAs(mail, recipient));
    return { admitted: retryAfter === 0, retryAfter };
  }

  /** The mail that was admitted is not sent. */
  giveBack(db: Db, mail: Pick<Mail, "budget">, recipient: CountedRecipient): Promise<void> {
    return this.deps.budgets.giveBack(db, countedAs(mail, recipient));
  }

  /** Unless it is admitted already, it is counted when it is delivered: that takes the same time here for every recipient. */
  async enqueue<Data extends z.ZodObject, Kind extends Secret>(
    db: Db,
    mail: Mail<Data, Kind>,
    { to, locale, data, link, code }: Letter<Data, Kind>,
    { admitted = false }: EnqueueOptions = {},
  ): Promise<void> {
    const budget = admitted ? null : mail.budget;
    const delivery: MailDelivery = {
      id: randomUUID(),
      template: mail.name,
      to,
      locale,
      data,
      // The ids only, whatever else the caller's objects have.
      ...(link && { link: { id: link.id } }),
      ...(code && { code: { id: code.id, number: code.number } }),
      ...(budget && { budget }),
    };
    await this.deps.jobs.add(db, DELIVER_MAIL, delivery, { maxAttempts: MAX_ATTEMPTS });
  }
}

/** A mail that is always sent is never counted. */
const countedAs = (mail: Pick<Mail, "budget">, { to, budget }: CountedRecipient) => ({
  to,
  budget: mail.budget && (budget ?? mail.budget),
});
