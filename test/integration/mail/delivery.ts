import type { Db } from "#platform/database/database";
import { createLogger } from "#platform/logging";
import { DELIVER_MAIL, MailBudgets, Mailer, type MailerOptions, MailQueue, smtpTransport } from "#platform/mail/index";
import { AT, CATALOGUE, CODE_TEXT, EXPIRES, LINK_URL, type MailRequest, PLAIN_BRAND } from "./samples.ts";

const unexpected = (): never => {
  throw new Error("A mail is counted when it is admitted, or delivered.");
};

/** The job that `enqueue` stores in the database, as the worker reads it back. */
export const jobFor = async ({ template, ...letter }: MailRequest): Promise<unknown> => {
  const jobs: string[] = [];
  const queue = new MailQueue({
    jobs: {
      async add(_db, task, payload) {
        if (task === DELIVER_MAIL) jobs.push(JSON.stringify(payload));
      },
    },
    budgets: new MailBudgets({ limits: { consume: unexpected, refund: unexpected } }),
  });
  await queue.enqueue({} as Db, CATALOGUE.get(template), letter);
  return JSON.parse(jobs[0] ?? "null");
};

/** A mailer that sends to the SMTP server at `url`; its log is in `logged`. */
export const mailerTo = (url: string, { caFile, ...options }: Partial<MailerOptions> & { caFile?: string } = {}) => {
  const logged: string[] = [];
  const transport = smtpTransport({ url, from: "Portcullis <no-reply@id.example.com>", caFile });
  const mailer = new Mailer({
    catalogue: CATALOGUE,
    brand: PLAIN_BRAND,
    transport,
    resolveLink: async () => ({ url: LINK_URL, expiresAt: EXPIRES }),
    resolveCode: async () => ({ code: CODE_TEXT, expiresAt: EXPIRES }),
    consumeBudget: async () => 0,
    hold: unexpected,
    clock: { now: () => AT },
    log: createLogger({ level: "debug", destination: { write: (line) => logged.push(line) } }),
    ...options,
  });
  const deliver = (job: unknown) => mailer.deliver(job, { attempt: 1, maxAttempts: 25 });
  return { deliver, logged, close: () => transport.close() };
};
