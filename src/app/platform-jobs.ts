import { ensurePartitions } from "#platform/database/partitions";
import type { FeatureJobs } from "#platform/feature";
import { deleteJobsFailedBefore } from "#platform/jobs/jobs";
import {
  DELIVER_MAIL,
  EARLIER_DELIVER_MAIL,
  type Mail,
  MailCatalogue,
  Mailer,
  NoticeDigests,
  SEND_NOTICE_DIGEST,
} from "#platform/mail/index";
import { after, DAY } from "#shared/durations";
import type { Services } from "./compose.ts";
import type { Config } from "./config.ts";
import type { Infrastructure } from "./infrastructure.ts";
import { mailBrandOf, mailTemplatesOf } from "./mail-settings.ts";

/** How long a permanently failed job is kept for inspection. */
const FAILED_JOBS_RETENTION_MS = 30 * DAY;

/** The jobs for mail, and for cleaning up data that does not belong to a feature. */
export const platformJobs = (
  { platform, budgets, transport }: Pick<Infrastructure, "platform" | "budgets" | "transport">,
  { addressLinks, emailCodes, links }: Services,
  definitions: readonly Mail[],
  config: Config,
): Required<FeatureJobs> => {
  const { db, clock, jobs, limits, log, mails } = platform;
  const catalogue = new MailCatalogue(definitions, (all) => mailTemplatesOf(config, all));
  const digests = new NoticeDigests({ db, clock, jobs, mails, catalogue });
  const mailer = new Mailer({
    catalogue,
    brand: mailBrandOf(config),
    transport,
    resolveLink: async (id) => (await links.resolve(id)) ?? addressLinks.resolve(id),
    resolveCode: (ref) => emailCodes.resolve(ref),
    consumeBudget: (mail) => budgets.consume(db, mail),
    hold: (mail, retryAfter) => digests.hold(mail, retryAfter),
    clock,
    log,
  });
  return {
    tasks: {
      [DELIVER_MAIL]: mailer.deliver,
      [SEND_NOTICE_DIGEST]: digests.send,
      [EARLIER_DELIVER_MAIL]: mailer.deliver,
    },
    recurring: {
      "sweep-jobs": {
        crontab: "53 2 * * *",
        run: () => deleteJobsFailedBefore(db, after(clock.now(), -FAILED_JOBS_RETENTION_MS)),
      },
      "sweep-limits": { crontab: "*/10 * * * *", run: () => limits.sweep(db) },
      "make-partitions": { crontab: "23 3 * * *", run: () => ensurePartitions(db, clock.now()) },
    },
  };
};
