import type { Locale } from "#shared/locales";

/** The common texts of all mails, and the words for unknown facts. */
export const WORDS: Readonly<
  Record<Locale, Readonly<Record<"hello" | "copyLink" | "footer" | "unknownPlace" | "unknownDevice", string>>>
> = {
  en: {
    hello: "Hello",
    copyLink: "If the button does nothing, copy this address into your browser:",
    footer: "This mail was sent automatically because it concerns your account. Replies are not read.",
    unknownPlace: "unknown",
    unknownDevice: "unknown device",
  },
  de: {
    hello: "Guten Tag",
    copyLink: "Falls die Schaltfläche nicht reagiert, kopieren Sie diese Adresse in Ihren Browser:",
    footer: "Diese E-Mail wurde automatisch versendet, weil sie Ihr Konto betrifft. Antworten werden nicht gelesen.",
    unknownPlace: "unbekannt",
    unknownDevice: "unbekanntes Gerät",
  },
};
