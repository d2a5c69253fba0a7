import { randomUUID } from "node:crypto";
import type { Db } from "../database/database.ts";
import type { JobQueue } from "../jobs/jobs.ts";
import { DELIVER_MAIL, type MailDelivery } from "./delivery.ts";
import { BUDGET_OF, type Counted, type MailBudget, type MailBudgets } from "./mail-budgets.ts";
import type { MailRequest } from "./mails.ts";

/** With the queue's pauses (e^attempt seconds, at most 6 h) this gives up after four days, as RFC 5321, section 4.5.4.1, advises. */
const MAX_ATTEMPTS = 25;

export interface EnqueueOptions {
  /** Who caused the mail, if that is not what the template says. */
  readonly budget?: MailBudget | undefined;
  /** Whether `admit` has counted it. */
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
  async admit(db: Db, mail: Counted): Promise<Admission> {
    const retryAfter = await this.deps.budgets.take(db, mail);
    return { admitted: retryAfter === 0, retryAfter };
  }

  /** The mail that was admitted is not sent. */
  giveBack(db: Db, mail: Counted): Promise<void> {
    return this.deps.budgets.giveBack(db, mail);
  }

  /** Unless it is admitted already, it is counted when it is delivered: that takes the same time here for every recipient. */
  async enqueue(db: Db, mail: MailRequest, { budget, admitted = false }: EnqueueOptions = {}): Promise<void> {
    const counted = admitted ? null : BUDGET_OF[mail.template] && (budget ?? BUDGET_OF[mail.template]);
    const delivery: MailDelivery = { id: randomUUID(), ...mail, ...(counted && { budget: counted }) };
    await this.deps.jobs.add(db, DELIVER_MAIL, delivery, { maxAttempts: MAX_ATTEMPTS });
  }
}
