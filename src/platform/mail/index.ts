export { DELIVER_MAIL, EARLIER_DELIVER_MAIL } from "./delivery.ts";
export { MailBudgets } from "./mail-budgets.ts";
export { MailQueue } from "./mail-queue.ts";
export { mailboxPage } from "./mailbox.page.ts";
export { Mailbox } from "./mailbox.transport.ts";
export { Mailer, type MailerOptions } from "./mailer.ts";
export {
  type CodeReference,
  type LinkReference,
  MAIL_NAMES,
  MAILS,
  type MailName,
  type MailRequest,
  MERGED_NOTICES,
  MFA_CHANGES,
  type ResolvedCode,
} from "./mails.ts";
export { NoticeDigests, SEND_NOTICE_DIGEST } from "./notice-digests.ts";
export { smtpTransport } from "./smtp.transport.ts";
export { MailTemplates } from "./templates.ts";
