import { randomUUID } from "node:crypto";
import type { Db } from "../database/database.ts";
import type { JobQueue } from "../jobs/jobs.ts";
import { DELIVER_MAIL, type MailDelivery } from "./delivery.ts";
import type { MailRequest } from "./mails.ts";

/** With the queue's pauses (e^attempt seconds, at most 6 h) this gives up after four days, as RFC 5321, section 4.5.4.1, advises. */
const MAX_ATTEMPTS = 25;

/** Where use cases leave their mail: it is sent after the transaction commits, and never if it does not. */
export class MailQueue {
  readonly #jobs: JobQueue;

  constructor({ jobs }: { jobs: JobQueue }) {
    this.#jobs = jobs;
  }

  async enqueue(db: Db, mail: MailRequest): Promise<void> {
    const delivery: MailDelivery = { id: randomUUID(), ...mail };
    await this.#jobs.add(db, DELIVER_MAIL, delivery, { maxAttempts: MAX_ATTEMPTS });
  }
}
