import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { Db } from "../database/database.ts";
import type { JobQueue, Task } from "../jobs/jobs.ts";
import { digest } from "../limits/digest.ts";
import type { MailCatalogue } from "./catalogue.ts";
import type { MailDelivery } from "./delivery.ts";
import { consumeHeldNotices, upsertHeldNotice } from "./held-notices.repository.ts";
import { recipientOf } from "./mail-budgets.ts";
import type { MailQueue } from "./mail-queue.ts";

/** The job that mails the held notices of one recipient. */
export const SEND_NOTICE_DIGEST = "send-notice-digest";

const digestRequest = z.object({ to: z.string() });

export interface NoticeDigestsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly catalogue: MailCatalogue;
}

/** Security notices that exceed the budget are not dropped: one mail lists all of them once there is room again. */
export class NoticeDigests {
  constructor(private readonly deps: NoticeDigestsDeps) {}

  /**
   * Keeps a notice for the digest, which is sent after `retryAfter` seconds.
   *
   * @returns whether the mail is a notice that can be held
   */
  async hold({ template, to, locale, data }: MailDelivery, retryAfter: number): Promise<boolean> {
    const { catalogue, clock, db, jobs } = this.deps;
    if (!catalogue.get(template).merged) return false;
    const recipient = recipientOf(to);
    const happenedAt = z.coerce.date<Date>().safeParse(data.at);
    await db.transaction(async (tx) => {
      await upsertHeldNotice(tx, { recipient, template, locale, lastAt: happenedAt.data ?? clock.now() });
      // One job for each recipient, at the time determined by the first notice.
      await jobs.add(tx, SEND_NOTICE_DIGEST, { to }, { key: `notice-digest:${digest(recipient)}`, delay: retryAfter });
    });
    return true;
  }

  /** The task behind `hold`. */
  readonly send: Task = async (payload) => {
    const { catalogue, db, mails } = this.deps;
    const { to } = digestRequest.parse(payload);
    await db.transaction(async (tx) => {
      const held = await consumeHeldNotices(tx, recipientOf(to));
      const [newest] = held;
      if (newest === undefined) return;
      const notices = held.map(({ template: notice, count, lastAt }) => ({ notice, count, lastAt }));
      await mails.enqueue(tx, catalogue.digest, { to, locale: newest.locale, data: { notices } });
    });
  };
}
