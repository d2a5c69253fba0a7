export { DELIVER_MAIL } from "./delivery.ts";
export { MailQueue } from "./mail-queue.ts";
export { mailboxPage } from "./mailbox.page.ts";
export { Mailbox, type ReceivedMail } from "./mailbox.transport.ts";
export { Mailer, type MailerOptions } from "./mailer.ts";
export { type LinkReference, MAIL_NAMES, MAILS, type MailName, type MailRequest, type ResolvedLink } from "./mails.ts";
export { smtpTransport } from "./smtp.transport.ts";
export { MailTemplates, type RenderedMail } from "./templates.ts";
export { isSingleAddress, type MailTransport, MailTransportError, type OutgoingMail } from "./transport.ts";
