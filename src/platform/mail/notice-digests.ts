import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { Db } from "../database/database.ts";
import type { JobQueue, Task } from "../jobs/jobs.ts";
import { digest } from "../limits/digest.ts";
import type { MailDelivery } from "./delivery.ts";
import { consumeHeldNotices, upsertHeldNotice } from "./held-notices.repository.ts";
import { recipientOf } from "./mail-budgets.ts";
import type { MailQueue } from "./mail-queue.ts";
import { isMergedNotice } from "./mails.ts";

/** The job that mails what was held for one recipient. */
export const SEND_NOTICE_DIGEST = "send-notice-digest";

const digestRequest = z.object({ to: z.string() });

export interface NoticeDigestsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly mails: Pick<MailQueue, "enqueue">;
}

/** Security notices beyond the budget are not dropped: one mail tells of all of them as soon as there is room again. */
export class NoticeDigests {
  constructor(private readonly deps: NoticeDigestsDeps) {}

  /** Keeps a notice for the digest, which is sent after `retryAfter` seconds. @returns whether the mail is such a notice */
  async hold({ template, to, locale, data }: MailDelivery, retryAfter: number): Promise<boolean> {
    if (!isMergedNotice(template)) return false;
    const { clock, db, jobs } = this.deps;
    const recipient = recipientOf(to);
    const happenedAt = z.coerce.date<Date>().safeParse(data.at);
    await db.transaction(async (tx) => {
      await upsertHeldNotice(tx, { recipient, template, locale, lastAt: happenedAt.data ?? clock.now() });
      // One job for each recipient, at the time that the first notice named.
      await jobs.add(tx, SEND_NOTICE_DIGEST, { to }, { key: `notice-digest:${digest(recipient)}`, delay: retryAfter });
    });
    return true;
  }

  /** The task behind `hold`. */
  readonly send: Task = async (payload) => {
    const { db, mails } = this.deps;
    const { to } = digestRequest.parse(payload);
    await db.transaction(async (tx) => {
      const held = await consumeHeldNotices(tx, recipientOf(to));
      const [newest] = held;
      if (newest === undefined) return;
      const notices = held.map(({ template: notice, count, lastAt }) => ({ notice, count, lastAt }));
      await mails.enqueue(tx, { template: "notice-digest", to, locale: newest.locale, data: { notices } });
    });
  };
}
