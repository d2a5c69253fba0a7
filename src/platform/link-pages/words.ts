import type { Locale } from "#shared/locales";

const ENGLISH = {
  newPassword: "New password",
  repeatPassword: "The same again",
  showPasswords: "Show what I type",
  working: "One moment …",
  invalid:
    "This link is no longer valid: it has been used, replaced by a newer one, or has expired. Ask for a new one.",
  missing: "This page has lost its link. Open it once more from your mail.",
  mismatch: "The two passwords are not the same.",
  empty: "Please type the new password in both fields.",
  refused: "This password cannot be used. Please choose another one.",
  limited: "There were too many attempts. Please wait a little, then try again.",
  failed: "That did not work just now. Please try again shortly.",
  noScript: "This page needs JavaScript. Please switch it on, or open the link in another browser.",
};

/** The common texts of all pages. */
export const WORDS: Readonly<Record<Locale, Readonly<Record<keyof typeof ENGLISH, string>>>> = {
  en: ENGLISH,
  de: {
    newPassword: "Neues Passwort",
    repeatPassword: "Noch einmal dasselbe",
    showPasswords: "Eingabe anzeigen",
    working: "Einen Moment …",
    invalid:
      "Dieser Link gilt nicht mehr: Er wurde schon benutzt, durch einen neueren ersetzt oder ist abgelaufen. Fordern Sie einen neuen an.",
    missing: "Dieser Seite fehlt ihr Link. Öffnen Sie ihn bitte noch einmal aus Ihrer E-Mail.",
    mismatch: "Die beiden Passwörter stimmen nicht überein.",
    empty: "Bitte geben Sie das neue Passwort in beide Felder ein.",
    refused: "Dieses Passwort ist nicht möglich. Bitte wählen Sie ein anderes.",
    limited: "Es gab zu viele Versuche. Bitte warten Sie ein wenig und versuchen Sie es dann noch einmal.",
    failed: "Das hat gerade nicht geklappt. Bitte versuchen Sie es gleich noch einmal.",
    noScript:
      "Diese Seite braucht JavaScript. Bitte schalten Sie es ein oder öffnen Sie den Link in einem anderen Browser.",
  },
};
