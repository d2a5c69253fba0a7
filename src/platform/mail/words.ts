import type { Locale } from "#shared/locales";

const ENGLISH = {
  greeting: "Hello {{name}},",
  greetingWithoutName: "Hello,",
  copyLink: "If the button does nothing, copy this address into your browser:",
  footer: "This mail was sent automatically because it concerns your account. Replies are not read.",
  signIn: "Sign in",
  openApp: "Open {{product}}",
  getHelp: "Get help",
  unknownPlace: "unknown",
  unknownDevice: "unknown device",
  moment: "{{date}} at {{time}} UTC",
  device: "{{browser}} on {{system}}",
};

export type MailWords = Readonly<Record<keyof typeof ENGLISH, string>>;

/** The common texts of all mails, and the words for unknown facts. */
export const WORDS: Readonly<Record<Locale, MailWords>> = {
  en: ENGLISH,
  de: {
    greeting: "Guten Tag {{name}},",
    greetingWithoutName: "Guten Tag,",
    copyLink: "Falls die Schaltfläche nicht reagiert, kopieren Sie diese Adresse in Ihren Browser:",
    footer: "Diese E-Mail wurde automatisch versendet, weil sie Ihr Konto betrifft. Antworten werden nicht gelesen.",
    signIn: "Anmelden",
    openApp: "{{product}} öffnen",
    getHelp: "Hilfe",
    unknownPlace: "unbekannt",
    unknownDevice: "unbekanntes Gerät",
    moment: "{{date}} um {{time}} UTC",
    device: "{{browser}} auf {{system}}",
  },
  ar: {
    greeting: "مرحبًا {{name}}،",
    greetingWithoutName: "مرحبًا،",
    copyLink: "إذا لم يعمل الزر، فيُرجى نسخ هذا العنوان إلى المتصفح:",
    footer: "أُرسلت هذه الرسالة تلقائيًا لأنها تخص حسابك. لا تُقرأ الردود عليها.",
    signIn: "تسجيل الدخول",
    openApp: "فتح {{product}}",
    getHelp: "الحصول على المساعدة",
    unknownPlace: "غير معروف",
    unknownDevice: "جهاز غير معروف",
    moment: "{{date}}، الساعة {{time}} بتوقيت UTC",
    device: "{{browser}} على {{system}}",
  },
};

/** The text with its values. */
export const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole);
