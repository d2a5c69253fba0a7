import { z } from "zod";
import { moment, readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** Too many wrong codes at the second step. */
export const MFA_LOCKED = defineMail({
  name: "mfa-locked",
  secret: null,
  budget: "FIRST_FACTOR",
  merged: {
    en: "too many wrong codes after a right password: someone knows your password",
    de: "Zu viele falsche Codes nach einem richtigen Passwort: Jemand kennt Ihr Passwort",
    ar: "رموز خاطئة كثيرة بعد كلمة مرور صحيحة: هناك من يعرف كلمة مرورك",
  },
  data: z.object({ name: readerName, at: moment, ipAddress: text }),
  next: "SIGN_IN",
  en: ({ product, at, ipAddress }) => ({
    subject: "Too many wrong codes",
    body: [
      `On ${at} there were too many wrong codes for your ${product} account, the last one from the address ${ipAddress}.`,
      "Codes are refused for a while. A passkey, if you have one, still works.",
      "If that was you, wait a while and try again. If it was not you, someone has reached the second step and may know your password. End all sessions and change your password immediately.",
    ],
  }),
  de: ({ product, at, ipAddress }) => ({
    subject: "Zu viele falsche Codes",
    body: [
      `am ${at} gab es zu viele falsche Codes für Ihr ${product}-Konto, den letzten von der Adresse ${ipAddress}.`,
      "Codes werden für eine Weile abgelehnt. Ein Passkey, falls Sie einen haben, funktioniert weiterhin.",
      "Falls Sie das waren, warten Sie ein wenig und versuchen es noch einmal. Falls nicht, ist jemand bis zum zweiten Schritt gelangt und kennt vielleicht Ihr Passwort: Beenden Sie sofort alle Sitzungen und ändern Sie Ihr Passwort.",
    ],
  }),
  ar: ({ product, at, ipAddress }) => ({
    subject: "عدد كبير من الرموز الخاطئة",
    body: [
      `في ${at} تجاوز عدد الرموز الخاطئة لحسابك في ${product} الحد المسموح، وجاء آخرها من العنوان ${ipAddress}.`,
      "تُرفض الرموز لبعض الوقت. أما مفتاح المرور، إن وُجد، فما زال يعمل.",
      "إذا كان ذلك منك، فيُرجى الانتظار قليلًا ثم المحاولة مجددًا. وإذا لم يكن منك، فقد وصل شخص ما إلى الخطوة الثانية وربما يعرف كلمة مرورك. يُرجى فورًا إنهاء جميع الجلسات وتغيير كلمة المرور.",
    ],
  }),
});
