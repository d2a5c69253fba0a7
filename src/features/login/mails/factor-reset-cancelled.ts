import { z } from "zod";
import { byAdmin, moment, readerName } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** A planned reset of second factors was stopped. */
export const FACTOR_RESET_CANCELLED = defineMail({
  name: "factor-reset-cancelled",
  secret: null,
  budget: null,
  data: z.object({ name: readerName, at: moment, byAdmin }),
  next: "SIGN_IN",
  en: ({ product, at, byAdmin }) => ({
    subject: "The reset of your second factors was stopped",
    body: [
      `On ${at} the planned reset of the second factors of your ${product} account was stopped. They stay as they are.`,
      byAdmin
        ? "An administrator had asked for the reset. If you still need it, ask again."
        : "If you did not ask for the reset, change your password, because someone else knows it.",
    ],
  }),
  de: ({ product, at, byAdmin }) => ({
    subject: "Das Zurücksetzen Ihrer zweiten Faktoren wurde gestoppt",
    body: [
      `am ${at} wurde das geplante Zurücksetzen der zweiten Faktoren Ihres ${product}-Kontos gestoppt. Sie bleiben, wie sie sind.`,
      byAdmin
        ? "Veranlasst hatte es eine Administratorin oder ein Administrator. Falls Sie es weiterhin brauchen, bitten Sie erneut darum."
        : "Falls Sie das Zurücksetzen nicht veranlasst haben, ändern Sie Ihr Passwort: Jemand anderes kennt es.",
    ],
  }),
  ar: ({ product, at, byAdmin }) => ({
    subject: "تم إيقاف إعادة ضبط عوامل التحقق",
    body: [
      `في ${at} أُوقفت إعادة الضبط المقررة لعوامل التحقق الثانية لحسابك في ${product}، وتبقى العوامل كما هي.`,
      byAdmin
        ? "كانت الإدارة قد طلبت إعادة الضبط. إذا كانت ما زالت لازمة، فيُرجى طلبها من جديد."
        : "إذا لم يصدر طلب إعادة الضبط عنك، فيُرجى تغيير كلمة مرورك، لأن هناك من يعرفها.",
    ],
  }),
});
