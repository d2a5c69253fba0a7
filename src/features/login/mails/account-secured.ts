import { z } from "zod";
import { count, moment, readerName } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** The user denied a login, a claim or a change: all sessions were ended, and the link sets a new password. */
export const ACCOUNT_SECURED = defineMail({
  name: "account-secured",
  secret: "link",
  budget: null,
  data: z.object({ name: readerName, at: moment, endedSessions: count }),
  en: ({ product, at, endedSessions, expires }) => ({
    subject: "Your account is safe again: choose a new password",
    body: [
      `On ${at} you reported that something in your ${product} account was not done by you. We have signed out all devices.`,
      endedSessions.plural({
        zero: "No session was ended.",
        one: "One session was ended.",
        other: `${endedSessions} sessions were ended.`,
      }),
      "Please choose a new password now, because someone else may know the old one.",
      { button: "Choose a new password" },
      `The link works once, until ${expires}. After that, request a new one on the login page.`,
      "After logging in again, check the passkeys, authenticator app, linked accounts and trusted devices of your account, and remove any that are not yours. A new password does not affect them.",
    ],
  }),
  de: ({ product, at, endedSessions, expires }) => ({
    subject: "Ihr Konto ist wieder sicher: Wählen Sie ein neues Passwort",
    body: [
      `am ${at} haben Sie uns mitgeteilt, dass etwas in Ihrem ${product}-Konto nicht von Ihnen stammt. Wir haben alle Geräte abgemeldet.`,
      endedSessions.plural({
        zero: "Es wurde keine Sitzung beendet.",
        one: "Eine Sitzung wurde beendet.",
        other: `${endedSessions} Sitzungen wurden beendet.`,
      }),
      "Bitte wählen Sie jetzt ein neues Passwort: Jemand anderes könnte das alte kennen.",
      { button: "Neues Passwort wählen" },
      `Der Link funktioniert einmal, bis ${expires}. Danach fordern Sie auf der Anmeldeseite einen neuen an.`,
      "Sehen Sie danach die Passkeys, die Authenticator-App, die verknüpften Konten und die vertrauten Geräte Ihres Kontos durch und entfernen Sie, was nicht von Ihnen ist: Das neue Passwort ändert daran nichts.",
    ],
  }),
  ar: ({ product, at, endedSessions, expires }) => ({
    subject: "حسابك آمن من جديد: يُرجى اختيار كلمة مرور جديدة",
    body: [
      `في ${at} وصلنا منك بلاغ عن أمر في حسابك في ${product} لم يصدر عنك. سجّلنا الخروج من جميع الأجهزة.`,
      endedSessions.plural({
        zero: "لم تنتهِ أي جلسة.",
        one: "انتهت جلسة واحدة.",
        two: "انتهت جلستان.",
        few: `انتهت ${endedSessions} جلسات.`,
        many: `انتهت ${endedSessions} جلسةً.`,
        other: `انتهت ${endedSessions} جلسة.`,
      }),
      "يُرجى الآن اختيار كلمة مرور جديدة، فقد يكون هناك من يعرف القديمة.",
      { button: "اختيار كلمة مرور جديدة" },
      `يعمل الرابط مرة واحدة، حتى ${expires}. بعد ذلك يمكن طلب رابط جديد من صفحة تسجيل الدخول.`,
      "بعد تسجيل الدخول، تُرجى مراجعة مفاتيح المرور وتطبيق المصادقة والحسابات المرتبطة والأجهزة الموثوقة في حسابك، وإزالة ما ليس لك منها. كلمة المرور الجديدة لا تؤثر فيها.",
    ],
  }),
});
