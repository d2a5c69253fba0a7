import { PASSWORD_RESET_REQUEST, SURVEY_PASSWORD_SCHEMES } from "./features/passwords/index.ts";
import { ANNOUNCE_REGISTRATION, RESEND_VERIFICATION } from "./features/registration/index.ts";
import type { Platform } from "./foundation.ts";
import { ensurePartitions } from "./platform/database/partitions.ts";
import { deleteJobsFailedBefore, type RecurringTask, type Task } from "./platform/jobs/jobs.ts";
import { DELIVER_MAIL, type Mailer, type NoticeDigests, SEND_NOTICE_DIGEST } from "./platform/mail/index.ts";
import type { Services } from "./services.ts";
import { after, DAY } from "./shared/durations.ts";

/** How long a job that was given up can be looked at, in milliseconds. */
const FAILED_JOBS_KEPT = 30 * DAY;

/** What is done later, by name: mail, and what a request must not wait for. */
export const tasksOf = (
  { approvals, passwordResets, registration, schemes }: Services,
  mailer: Mailer,
  digests: NoticeDigests,
): Readonly<Record<string, Task>> => ({
  [DELIVER_MAIL]: mailer.deliver,
  [SEND_NOTICE_DIGEST]: digests.send,
  [PASSWORD_RESET_REQUEST]: passwordResets.issue,
  [RESEND_VERIFICATION]: registration.resendVerification,
  [ANNOUNCE_REGISTRATION]: approvals.announce,
  [SURVEY_PASSWORD_SCHEMES]: () => schemes.survey(),
});

/** What is done at set times, on one replica: clearing away, and making room. */
export const recurringTasksOf = (
  {
    account,
    activation,
    approvals,
    challenges,
    devices,
    emailCodes,
    passkeys,
    sap,
    schemes,
    sessions,
    links,
    socialVisits,
    suspiciousAddresses,
    unknownIdentifiers,
  }: Services,
  { db, clock, limits }: Pick<Platform, "db" | "clock" | "limits">,
): Readonly<Record<string, RecurringTask>> => ({
  "sweep-sessions": { crontab: "41 * * * *", run: () => sessions.sweep() },
  "sweep-links": { crontab: "17 * * * *", run: () => links.sweep() },
  "sweep-challenges": { crontab: "27 * * * *", run: () => challenges.sweep() },
  "sweep-email-codes": { crontab: "31 * * * *", run: () => emailCodes.sweep() },
  "sweep-passkey-challenges": { crontab: "37 * * * *", run: () => passkeys.sweep() },
  "sweep-social-logins": { crontab: "43 * * * *", run: () => socialVisits.sweep() },
  "sweep-suspicious-addresses": { crontab: "47 2 * * *", run: () => suspiciousAddresses.sweep() },
  "digest-identifiers": { crontab: "19 2 * * *", run: () => unknownIdentifiers.digestStored(db) },
  "sweep-registrations": { crontab: "13 2 * * *", run: () => approvals.sweep() },
  "sweep-users": { crontab: "7 2 * * *", run: () => account.sweep() },
  "sweep-tenants": { crontab: "13 2 * * *", run: () => activation.sweep() },
  "sweep-devices": { crontab: "37 2 * * *", run: () => devices.sweep() },
  "sweep-jobs": { crontab: "53 2 * * *", run: () => deleteJobsFailedBefore(db, after(clock.now(), -FAILED_JOBS_KEPT)) },
  "survey-hashes": { crontab: "9 3 * * *", run: () => schemes.survey() },
  "sweep-limits": { crontab: "*/10 * * * *", run: () => limits.sweep(db) },
  "refresh-sap-profiles": { crontab: "43 3 * * *", run: () => sap.refresh() },
  "make-partitions": { crontab: "23 3 * * *", run: () => ensurePartitions(db, clock.now()) },
});
