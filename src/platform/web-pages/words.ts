import type { Locale } from "#shared/locales";

/** The only text of the pages that cannot be in a catalogue, because a script loads those. */
export const NO_SCRIPT: Readonly<Record<Locale, string>> = {
  en: "This page needs JavaScript. Please switch it on, or use another browser.",
  de: "Diese Seite braucht JavaScript. Bitte schalten Sie es ein oder nutzen Sie einen anderen Browser.",
  ar: "تحتاج هذه الصفحة إلى JavaScript. يُرجى تفعيله أو استخدام متصفح آخر.",
};
