import { z } from "zod";
import { moment, readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** Too many failed logins with a wrong password. */
export const ACCOUNT_LOCKED = defineMail({
  name: "account-locked",
  secret: null,
  budget: "ANONYMOUS",
  merged: {
    en: "too many failed logins",
    de: "Zu viele fehlgeschlagene Anmeldungen",
    ar: "عدد كبير من محاولات تسجيل الدخول الفاشلة",
  },
  data: z.object({ name: readerName, at: moment, ipAddress: text }),
  next: "SIGN_IN",
  en: ({ product, at, ipAddress }) => ({
    subject: "Too many failed logins",
    body: [
      `On ${at} there were too many login attempts on your ${product} account with a wrong password. They came from the address ${ipAddress}.`,
      "Logins from there are refused for a while. Your account itself is safe, and devices you have logged in with before still work.",
      "If that was you, wait a while and try again, or request a new password on the login page. If it was not you, there is nothing to do.",
    ],
  }),
  de: ({ product, at, ipAddress }) => ({
    subject: "Zu viele fehlgeschlagene Anmeldungen",
    body: [
      `am ${at} gab es zu viele Versuche, sich mit falschem Passwort bei Ihrem ${product}-Konto anzumelden. Sie kamen von der Adresse ${ipAddress}.`,
      "Anmeldungen von dort werden für eine Weile abgelehnt. Ihr Konto selbst ist sicher, und Geräte, mit denen Sie sich schon angemeldet haben, funktionieren weiterhin.",
      "Falls Sie das waren, warten Sie ein wenig und versuchen es noch einmal, oder fordern Sie auf der Anmeldeseite ein neues Passwort an. Falls nicht, müssen Sie nichts tun.",
    ],
  }),
  ar: ({ product, at, ipAddress }) => ({
    subject: "عدد كبير من محاولات تسجيل الدخول الفاشلة",
    body: [
      `في ${at} تجاوزت محاولات تسجيل الدخول إلى حسابك في ${product} بكلمة مرور خاطئة الحد المسموح. وقد جاءت من العنوان ${ipAddress}.`,
      "يُرفض تسجيل الدخول من هناك لبعض الوقت. حسابك نفسه آمن، والأجهزة التي سبق تسجيل الدخول منها ما زالت تعمل.",
      "إذا كان ذلك منك، فيُرجى الانتظار قليلًا ثم المحاولة مجددًا، أو طلب كلمة مرور جديدة من صفحة تسجيل الدخول. وإذا لم يكن منك، فلا يلزم أي إجراء.",
    ],
  }),
});
