import { z } from "zod";
import { count, moment, readerName } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** The password was changed or reset. */
export const PASSWORD_CHANGED = defineMail({
  name: "password-changed",
  secret: null,
  budget: null,
  data: z.object({ name: readerName, at: moment, endedSessions: count }),
  next: "SIGN_IN",
  en: ({ product, at, endedSessions }) => ({
    subject: "Your password was changed",
    body: [
      `The password of your ${product} account was changed on ${at}.`,
      endedSessions.plural({
        zero: "No session was ended.",
        one: "One session was ended.",
        other: `${endedSessions} sessions were ended.`,
      }),
      "If that was not you, request a new password on the login page immediately. This locks the intruder out and ends all sessions.",
    ],
  }),
  de: ({ product, at, endedSessions }) => ({
    subject: "Ihr Passwort wurde geändert",
    body: [
      `das Passwort Ihres ${product}-Kontos wurde am ${at} geändert.`,
      endedSessions.plural({
        zero: "Es wurde keine Sitzung beendet.",
        one: "Eine Sitzung wurde beendet.",
        other: `${endedSessions} Sitzungen wurden beendet.`,
      }),
      "Falls Sie das nicht waren, fordern Sie auf der Anmeldeseite sofort ein neues Passwort an: Das sperrt den Eindringling aus und beendet alle Sitzungen.",
    ],
  }),
  ar: ({ product, at, endedSessions }) => ({
    subject: "تم تغيير كلمة مرورك",
    body: [
      `تم تغيير كلمة مرور حسابك في ${product} في ${at}.`,
      endedSessions.plural({
        zero: "لم تنتهِ أي جلسة.",
        one: "انتهت جلسة واحدة.",
        two: "انتهت جلستان.",
        few: `انتهت ${endedSessions} جلسات.`,
        many: `انتهت ${endedSessions} جلسةً.`,
        other: `انتهت ${endedSessions} جلسة.`,
      }),
      "إذا لم يكن ذلك منك، فيُرجى فورًا طلب كلمة مرور جديدة من صفحة تسجيل الدخول: يمنع ذلك الدخيل من الدخول وينهي جميع الجلسات.",
    ],
  }),
});
