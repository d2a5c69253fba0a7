import { z } from "zod";
import { readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** To the current address, about a requested change. The link confirms or undoes the change. */
export const CHANGE_EMAIL_NOTICE = defineMail({
  name: "change-email-notice",
  secret: "link",
  budget: null,
  data: z.object({ name: readerName, newEmail: text }),
  en: ({ product, newEmail, expires }) => ({
    subject: "Your e-mail address is being changed",
    body: [
      `The address of your ${product} account is to be changed to ${newEmail}.`,
      "Was that you? On the page behind the link, answer “Yes” on a device that you have used for a while: then the change can no longer be undone.",
      "If it was not you, answer “No”. Your account keeps this address, and all sessions end. You need a device, second factor or password from before the change.",
      { button: "Answer: was that you?" },
      `The link works once, until ${expires}.`,
    ],
  }),
  de: ({ product, newEmail, expires }) => ({
    subject: "Ihre E-Mail-Adresse wird geändert",
    body: [
      `die Adresse Ihres ${product}-Kontos soll auf ${newEmail} geändert werden.`,
      "Waren Sie das? Antworten Sie auf der Seite hinter dem Link mit „Ja“, auf einem Gerät, das Sie schon länger benutzen: Dann kann niemand die Änderung zurücknehmen.",
      "Falls Sie das nicht waren, antworten Sie mit „Nein“. Ihr Konto behält diese Adresse, und alle Sitzungen werden beendet. Sie brauchen dafür ein Gerät, einen zweiten Faktor oder ein Passwort aus der Zeit davor.",
      { button: "Antworten: Waren Sie das?" },
      `Der Link funktioniert einmal, bis ${expires}.`,
    ],
  }),
  ar: ({ product, newEmail, expires }) => ({
    subject: "طلب لتغيير عنوان بريدك الإلكتروني",
    body: [
      `سيتغيّر عنوان حسابك في ${product} إلى ${newEmail}.`,
      "هل هذا التغيير منك؟ يُرجى الإجابة بـ«نعم» في الصفحة التي يفتحها الرابط، من جهاز سبق استخدامه منذ مدة: عندئذ لا يمكن التراجع عن التغيير.",
      "إذا لم يكن منك، فيُرجى الإجابة بـ«لا». يحتفظ حسابك بهذا العنوان، وتنتهي جميع الجلسات. ويلزم لذلك جهاز أو عامل تحقق ثانٍ أو كلمة مرور من قبل التغيير.",
      { button: "الإجابة: هل هذا منك؟" },
      `يعمل الرابط مرة واحدة، حتى ${expires}.`,
    ],
  }),
});
