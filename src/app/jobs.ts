import { PASSWORD_RESET_REQUEST, SURVEY_PASSWORD_SCHEMES } from "#features/passwords/index";
import { ANNOUNCE_REGISTRATION, EARLIER_RESEND_VERIFICATION, RESEND_VERIFICATION } from "#features/registration/index";
import { dropOldPartitions, ensurePartitions } from "#platform/database/partitions";
import { deleteJobsFailedBefore, type RecurringTask, type Task } from "#platform/jobs/jobs";
import {
  DELIVER_MAIL,
  EARLIER_DELIVER_MAIL,
  type Mailer,
  type NoticeDigests,
  SEND_NOTICE_DIGEST,
} from "#platform/mail/index";
import { after, DAY } from "#shared/durations";
import type { Config } from "./config.ts";
import type { Platform } from "./foundation.ts";
import type { Services } from "./services.ts";

/** How long a job that was given up can be looked at, in milliseconds. */
const FAILED_JOBS_KEPT = 30 * DAY;

/** What is done later, by name: mail, and what a request must not wait for. */
export const tasksOf = (
  { approvals, passwordResets, schemes, verificationMails }: Services,
  mailer: Mailer,
  digests: NoticeDigests,
): Readonly<Record<string, Task>> => ({
  [DELIVER_MAIL]: mailer.deliver,
  [SEND_NOTICE_DIGEST]: digests.send,
  [EARLIER_DELIVER_MAIL]: mailer.deliver,
  [PASSWORD_RESET_REQUEST]: passwordResets.issue,
  [RESEND_VERIFICATION]: verificationMails.resend,
  [EARLIER_RESEND_VERIFICATION]: verificationMails.resend,
  [ANNOUNCE_REGISTRATION]: approvals.announce,
  [SURVEY_PASSWORD_SCHEMES]: () => schemes.survey(),
});

/** What is done at set times, on one replica: clearing away, and making room. */
export const recurringTasksOf = (
  {
    activation,
    addressLinks,
    addressProofs,
    approvals,
    challenges,
    devices,
    earlierUsers,
    emailCodes,
    factorResets,
    habits,
    invitations,
    passkeys,
    passwords,
    sap,
    schemes,
    sessions,
    links,
    socialVisits,
    suspiciousAddresses,
    unknownIdentifiers,
  }: Services,
  { db, clock, limits }: Pick<Platform, "db" | "clock" | "limits">,
  { retention }: Pick<Config, "retention">,
): Readonly<Record<string, RecurringTask>> => ({
  "sweep-sessions": { crontab: "41 * * * *", run: () => sessions.sweep() },
  "sweep-links": { crontab: "17 * * * *", run: () => links.sweep() },
  "sweep-address-links": { crontab: "19 * * * *", run: () => addressLinks.sweep() },
  "sweep-challenges": { crontab: "27 * * * *", run: () => challenges.sweep() },
  "sweep-email-codes": { crontab: "31 * * * *", run: () => emailCodes.sweep() },
  "sweep-passkey-challenges": { crontab: "37 * * * *", run: () => passkeys.sweep() },
  "sweep-address-proofs": { crontab: "45 * * * *", run: () => addressProofs.sweep() },
  "sweep-social-logins": { crontab: "43 * * * *", run: () => socialVisits.sweep() },
  "sweep-suspicious-addresses": { crontab: "47 2 * * *", run: () => suspiciousAddresses.sweep() },
  "digest-identifiers": { crontab: "19 2 * * *", run: () => unknownIdentifiers.digestStored(db) },
  "sweep-registrations": { crontab: "13 2 * * *", run: () => approvals.sweep() },
  // For as long as replicas of versions before 1.0 may run, and what they left.
  "convert-earlier-users": { crontab: "*/5 * * * *", run: () => earlierUsers.convertAll() },
  "sweep-invitations": { crontab: "7 2 * * *", run: () => invitations.sweep() },
  "sweep-tenants": { crontab: "13 2 * * *", run: () => activation.sweep() },
  "sweep-devices": { crontab: "37 2 * * *", run: () => devices.sweep() },
  "sweep-former-passwords": { crontab: "23 2 * * *", run: () => passwords.sweep() },
  "handle-factor-resets": { crontab: "*/15 * * * *", run: () => factorResets.handleDue() },
  "sweep-jobs": { crontab: "53 2 * * *", run: () => deleteJobsFailedBefore(db, after(clock.now(), -FAILED_JOBS_KEPT)) },
  "survey-hashes": { crontab: "9 3 * * *", run: () => schemes.survey() },
  "sweep-limits": { crontab: "*/10 * * * *", run: () => limits.sweep(db) },
  "refresh-sap-profiles": { crontab: "43 3 * * *", run: () => sap.refresh() },
  "make-partitions": { crontab: "23 3 * * *", run: () => ensurePartitions(db, clock.now()) },
  "drop-partitions": {
    crontab: "33 3 * * *",
    run: async () => {
      const cutoffs = {
        login_attempts: after(clock.now(), -retention.loginAttemptDays * DAY),
        security_events: after(clock.now(), -retention.securityEventDays * DAY),
      };
      // The risk of a login rests on successes of any age: what it needs of them is kept.
      await habits.fold(cutoffs.login_attempts);
      await dropOldPartitions(db, cutoffs);
    },
  },
});
