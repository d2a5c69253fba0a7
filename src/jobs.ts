import { PASSWORD_RESET_REQUEST } from "./features/passwords/index.ts";
import { RESEND_VERIFICATION } from "./features/registration/index.ts";
import { ensurePartitions } from "./platform/database/partitions.ts";
import type { RecurringTask, Task } from "./platform/jobs/jobs.ts";
import { DELIVER_MAIL, type Mailer } from "./platform/mail/index.ts";
import type { Platform, Services } from "./services.ts";

/** What is done later, by name: mail, and what a request must not wait for. */
export const tasksOf = (
  { passwordResets, registration }: Services,
  mailer: Mailer,
): Readonly<Record<string, Task>> => ({
  [DELIVER_MAIL]: mailer.deliver,
  [PASSWORD_RESET_REQUEST]: passwordResets.issue,
  [RESEND_VERIFICATION]: registration.resendVerification,
});

/** What is done at set times, on one replica: clearing away, and making room. */
export const recurringTasksOf = (
  { sessions, links }: Services,
  { db, clock, limits }: Pick<Platform, "db" | "clock" | "limits">,
): Readonly<Record<string, RecurringTask>> => ({
  "sweep-sessions": { crontab: "41 * * * *", run: () => sessions.sweep() },
  "sweep-links": { crontab: "17 * * * *", run: () => links.sweep() },
  "sweep-limits": { crontab: "*/10 * * * *", run: () => limits.sweep(db) },
  "make-partitions": { crontab: "23 3 * * *", run: () => ensurePartitions(db, clock.now()) },
});
