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
  openApp: "Open {product}",
  getHelp: "Get help",
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
    openApp: "{product} öffnen",
    getHelp: "Hilfe",
    noScript:
      "Diese Seite braucht JavaScript. Bitte schalten Sie es ein oder öffnen Sie den Link in einem anderen Browser.",
  },
  ar: {
    newPassword: "كلمة المرور الجديدة",
    repeatPassword: "كلمة المرور نفسها مرة أخرى",
    showPasswords: "إظهار ما أكتبه",
    working: "لحظة من فضلك …",
    invalid: "لم يعد هذا الرابط صالحًا: فقد استُخدم، أو حل محله رابط أحدث، أو انتهت صلاحيته. يُرجى طلب رابط جديد.",
    missing: "فقدت هذه الصفحة رابطها. يُرجى فتحها مرة أخرى من الرسالة.",
    mismatch: "كلمتا المرور غير متطابقتين.",
    empty: "يُرجى كتابة كلمة المرور الجديدة في الحقلين.",
    refused: "لا يمكن استخدام كلمة المرور هذه. يُرجى اختيار كلمة أخرى.",
    limited: "كانت هناك محاولات كثيرة. يُرجى الانتظار قليلًا ثم المحاولة مجددًا.",
    failed: "تعذّر ذلك الآن. تُرجى المحاولة مجددًا بعد قليل.",
    openApp: "فتح {product}",
    getHelp: "الحصول على المساعدة",
    noScript: "تحتاج هذه الصفحة إلى JavaScript. يُرجى تفعيله، أو فتح الرابط في متصفح آخر.",
  },
};
