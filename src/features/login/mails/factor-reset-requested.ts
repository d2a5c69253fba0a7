import { z } from "zod";
import { byAdmin, moment, readerName } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** Second factors are about to be reset; the link stops it. */
export const FACTOR_RESET_REQUESTED = defineMail({
  name: "factor-reset-requested",
  secret: "link",
  budget: null,
  data: z.object({ name: readerName, at: moment, due: moment, byAdmin }),
  en: ({ product, at, due, byAdmin, expires }) => ({
    subject: "Your second factors are about to be reset",
    body: [
      `${byAdmin ? "An administrator asked us" : "Someone who entered your password, or used your account at a provider, asked us"} to reset the second factors of your ${product} account because they are lost. As of ${at} this is planned for ${due}${byAdmin ? ", or as soon as a second administrator approves" : ""}.`,
      byAdmin
        ? "If you asked for this, wait until then and log in again. If you did not, stop it now and inform your company, because someone may be pretending to be you."
        : "If that was you, wait until then and log in again. If it was not you, stop it now and change your password, because someone else knows it.",
      { button: "Stop the reset" },
      `The link works once, until ${expires}.`,
    ],
  }),
  de: ({ product, at, due, byAdmin, expires }) => ({
    subject: "Ihre zweiten Faktoren sollen zurückgesetzt werden",
    body: [
      `${byAdmin ? "eine Administratorin oder ein Administrator möchte" : "jemand, der Ihr Passwort oder Ihr Konto bei einem Anbieter nachgewiesen hat, möchte"} die zweiten Faktoren Ihres ${product}-Kontos zurücksetzen lassen, weil sie verloren sind. Stand ${at} ist das für ${due} geplant${byAdmin ? ", oder sobald eine zweite Person mit diesem Recht zustimmt" : ""}.`,
      byAdmin
        ? "Falls Sie darum gebeten haben, warten Sie bis dahin und melden Sie sich dann neu an. Falls nicht, stoppen Sie es jetzt und informieren Sie Ihr Unternehmen: Jemand gibt sich vielleicht für Sie aus."
        : "Falls Sie das waren, warten Sie bis dahin und melden Sie sich dann neu an. Falls nicht, stoppen Sie es jetzt und ändern Sie Ihr Passwort: Jemand anderes kennt es.",
      { button: "Zurücksetzen stoppen" },
      `Der Link funktioniert einmal, bis ${expires}.`,
    ],
  }),
  ar: ({ product, at, due, byAdmin, expires }) => ({
    subject: "ستُعاد قريبًا تهيئة عوامل التحقق",
    body: [
      `${byAdmin ? "طلبت الإدارة" : "وصلنا طلب، بعد إدخال كلمة مرورك أو استخدام حسابك لدى مزوّد هوية،"} إعادة ضبط عوامل التحقق الثانية لحسابك في ${product} بسبب فقدانها. وحتى ${at} فإن موعد ذلك هو ${due}${byAdmin ? "، أو حالما توافق جهة إدارية ثانية" : ""}.`,
      byAdmin
        ? "إذا كان هذا بطلب منك، فيُرجى الانتظار حتى ذلك الموعد ثم تسجيل الدخول من جديد. وإذا لم يكن، فيُرجى إيقافه الآن وإبلاغ شركتك، فقد يكون هناك من ينتحل شخصيتك."
        : "إذا كان هذا منك، فيُرجى الانتظار حتى ذلك الموعد ثم تسجيل الدخول من جديد. وإذا لم يكن منك، فيُرجى إيقافه الآن وتغيير كلمة مرورك، لأن هناك من يعرفها.",
      { button: "إيقاف إعادة الضبط" },
      `يعمل الرابط مرة واحدة، حتى ${expires}.`,
    ],
  }),
});
