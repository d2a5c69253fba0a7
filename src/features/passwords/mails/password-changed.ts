import { z } from "zod";
import { count, moment, readerName } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** The password was changed or reset. */
export const PASSWORD_CHANGED = defineMail({
  name: "password-changed",
  secret: null,
  budget: null,
  data: z.object({ name: readerName, at: moment, endedSessions: count }),
  en: ({ product, at, endedSessions }) => ({
    subject: "Your password was changed",
    body: [
      `The password of your ${product} account was changed on ${at}.`,
      `Sessions that were ended: ${endedSessions}.`,
      "If that was not you, request a new password on the login page immediately. This locks the intruder out and ends all sessions.",
    ],
  }),
  de: ({ product, at, endedSessions }) => ({
    subject: "Ihr Passwort wurde geändert",
    body: [
      `das Passwort Ihres ${product}-Kontos wurde am ${at} geändert.`,
      `Beendete Sitzungen: ${endedSessions}.`,
      "Falls Sie das nicht waren, fordern Sie auf der Anmeldeseite sofort ein neues Passwort an: Das sperrt den Eindringling aus und beendet alle Sitzungen.",
    ],
  }),
});
