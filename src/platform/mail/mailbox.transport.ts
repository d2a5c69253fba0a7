import type { Clock } from "../clock.ts";
import type { MailTransport, OutgoingMail } from "./transport.ts";

export interface ReceivedMail extends OutgoingMail {
  readonly receivedAt: Date;
}

const CAPACITY = 200;

/** Keeps the last 200 mails in memory instead of sending them, for development without an SMTP server. */
export class Mailbox implements MailTransport {
  #mails: ReceivedMail[] = [];

  constructor(private readonly deps: { clock: Clock }) {}

  async send(mail: OutgoingMail): Promise<void> {
    const received = { ...mail, receivedAt: this.deps.clock.now() };
    this.#mails = [received, ...this.#mails.filter(({ id }) => id !== mail.id)].slice(0, CAPACITY);
  }

  close(): void {}

  /** Newest first. */
  list(): readonly ReceivedMail[] {
    return this.#mails;
  }

  find(id: string): ReceivedMail | null {
    return this.#mails.find((mail) => mail.id === id) ?? null;
  }
}
