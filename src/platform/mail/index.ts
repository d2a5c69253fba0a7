export type { MailBrand } from "./brand.ts";
export { MailCatalogue } from "./catalogue.ts";
export { DELIVER_MAIL, EARLIER_DELIVER_MAIL } from "./delivery.ts";
export { DEFAULT_LAYOUT } from "./layout.ts";
export {
  type CodeReference,
  defineMail,
  type Letter,
  type LinkReference,
  type Mail,
  type ResolvedCode,
} from "./mail.ts";
export { MailBudgets } from "./mail-budgets.ts";
export { MailQueue } from "./mail-queue.ts";
export { mailboxPage } from "./mailbox.page.ts";
export { Mailbox } from "./mailbox.transport.ts";
export { Mailer, type MailerOptions } from "./mailer.ts";
export { NoticeDigests, SEND_NOTICE_DIGEST } from "./notice-digests.ts";
export { smtpTransport } from "./smtp.transport.ts";
export { type MailTemplates, readMailTemplates } from "./templates/folder.ts";
export { readLayout } from "./templates/layout-template.ts";
