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
      `Sessions that were ended: ${endedSessions}.`,
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
      `Beendete Sitzungen: ${endedSessions}.`,
      "Bitte wählen Sie jetzt ein neues Passwort: Jemand anderes könnte das alte kennen.",
      { button: "Neues Passwort wählen" },
      `Der Link funktioniert einmal, bis ${expires}. Danach fordern Sie auf der Anmeldeseite einen neuen an.`,
      "Sehen Sie danach die Passkeys, die Authenticator-App, die verknüpften Konten und die vertrauten Geräte Ihres Kontos durch und entfernen Sie, was nicht von Ihnen ist: Das neue Passwort ändert daran nichts.",
    ],
  }),
});
