import { z } from "zod";
import { moment, readerName } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** The account was deleted. */
export const ACCOUNT_DELETED = defineMail({
  name: "account-deleted",
  secret: null,
  budget: null,
  data: z.object({
    name: readerName,
    at: moment,
    /** Whether an admin or operator deleted the account. */
    byAdmin: z.boolean().optional(),
  }),
  en: ({ product, at, byAdmin }) => ({
    subject: "Your account was deleted",
    body: [
      `${byAdmin ? `An administrator deleted your ${product} account` : `Your ${product} account was deleted`} on ${at}, with everything that belonged to it. All sessions have ended.`,
      byAdmin
        ? "This cannot be undone. Please ask your administrator if you have questions."
        : "This cannot be undone. You are welcome to register again at any time.",
    ],
  }),
  de: ({ product, at, byAdmin }) => ({
    subject: "Ihr Konto wurde gelöscht",
    body: [
      `${byAdmin ? `Ein Administrator hat Ihr ${product}-Konto am ${at} gelöscht` : `Ihr ${product}-Konto wurde am ${at} gelöscht`}, mit allem, was dazugehörte. Alle Sitzungen sind beendet.`,
      byAdmin
        ? "Das lässt sich nicht rückgängig machen. Bei Fragen wenden Sie sich bitte an Ihren Administrator."
        : "Das lässt sich nicht rückgängig machen. Sie können sich jederzeit neu registrieren.",
    ],
  }),
  ar: ({ product, at, byAdmin }) => ({
    subject: "تم حذف حسابك",
    body: [
      `${byAdmin ? `حذفت الإدارة حسابك في ${product}` : `تم حذف حسابك في ${product}`} في ${at}، مع كل ما يتبعه. وقد انتهت جميع الجلسات.`,
      byAdmin
        ? "لا يمكن التراجع عن ذلك. يُرجى التواصل مع الإدارة عند وجود أي استفسار."
        : "لا يمكن التراجع عن ذلك. يسعدنا تسجيلك من جديد في أي وقت.",
    ],
  }),
});
