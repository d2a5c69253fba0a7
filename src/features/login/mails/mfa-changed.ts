import { z } from "zod";
import { moment, readerName } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";
import type { Locale } from "#shared/locales";

/** Changes of second factors. */
export const MFA_CHANGES = [
  "TOTP_ENABLED",
  "TOTP_REPLACED",
  "TOTP_DISABLED",
  "PASSKEY_ADDED",
  "PASSKEY_REMOVED",
  "BACKUP_CODES_RENEWED",
  "FACTORS_RESET",
] as const;

type MfaChange = (typeof MFA_CHANGES)[number];

const CHANGES: Readonly<Record<Locale, Readonly<Record<MfaChange, string>>>> = {
  en: {
    TOTP_ENABLED: "an authenticator app was added",
    TOTP_REPLACED: "the authenticator app was replaced by another, and there are new backup codes",
    TOTP_DISABLED: "the authenticator app was removed",
    PASSKEY_ADDED: "a passkey was added",
    PASSKEY_REMOVED: "a passkey was removed",
    BACKUP_CODES_RENEWED: "there are new backup codes, and the old ones no longer work",
    FACTORS_RESET:
      "all second factors and backup codes were reset; the next login asks for a code by e-mail and for a new second factor",
  },
  de: {
    TOTP_ENABLED: "Eine Authenticator-App wurde hinzugefügt",
    TOTP_REPLACED: "Die Authenticator-App wurde durch eine andere ersetzt, und es gibt neue Backup-Codes",
    TOTP_DISABLED: "Die Authenticator-App wurde entfernt",
    PASSKEY_ADDED: "Ein Passkey wurde hinzugefügt",
    PASSKEY_REMOVED: "Ein Passkey wurde entfernt",
    BACKUP_CODES_RENEWED: "Es gibt neue Backup-Codes, und die alten funktionieren nicht mehr",
    FACTORS_RESET:
      "alle zweiten Faktoren und Backup-Codes wurden zurückgesetzt; die nächste Anmeldung fragt nach einem Code per E-Mail und einem neuen zweiten Faktor",
  },
  ar: {
    TOTP_ENABLED: "أُضيف تطبيق مصادقة",
    TOTP_REPLACED: "استُبدل تطبيق المصادقة بآخر، وهناك رموز احتياطية جديدة",
    TOTP_DISABLED: "أُزيل تطبيق المصادقة",
    PASSKEY_ADDED: "أُضيف مفتاح مرور",
    PASSKEY_REMOVED: "أُزيل مفتاح مرور",
    BACKUP_CODES_RENEWED: "هناك رموز احتياطية جديدة، ولم تعد القديمة تعمل",
    FACTORS_RESET:
      "أُعيد ضبط جميع عوامل التحقق الثانية والرموز الاحتياطية؛ وسيطلب تسجيل الدخول التالي رمزًا بالبريد الإلكتروني وعامل تحقق ثانيًا جديدًا",
  },
};

/** A second factor was added, removed or replaced. */
export const MFA_CHANGED = defineMail({
  name: "mfa-changed",
  secret: null,
  budget: null,
  data: z.object({ name: readerName, at: moment, change: z.enum(MFA_CHANGES) }),
  next: "OPEN_APP",
  en: ({ product, at, change }) => ({
    subject: "The protection of your account was changed",
    body: [
      `On ${at} the second step of the login to your ${product} account was changed: ${CHANGES.en[change]}.`,
      "If that was you, there is nothing to do.",
      "If it was not you, someone else has access to your account. End all sessions and change your password immediately, and then check what protects your account.",
    ],
  }),
  de: ({ product, at, change }) => ({
    subject: "Der Schutz Ihres Kontos wurde geändert",
    body: [
      `am ${at} wurde der zweite Schritt der Anmeldung bei Ihrem ${product}-Konto geändert: ${CHANGES.de[change]}.`,
      "Falls Sie das waren, müssen Sie nichts tun.",
      "Falls nicht, ist jemand anderes in Ihr Konto gelangt. Beenden Sie sofort alle Sitzungen und ändern Sie Ihr Passwort, und prüfen Sie danach, was Ihr Konto schützt.",
    ],
  }),
  ar: ({ product, at, change }) => ({
    subject: "تغيّرت حماية حسابك",
    body: [
      `في ${at} تغيّرت الخطوة الثانية لتسجيل الدخول إلى حسابك في ${product}: ${CHANGES.ar[change]}.`,
      "إذا كان ذلك منك، فلا يلزم أي إجراء.",
      "إذا لم يكن منك، فهناك من دخل إلى حسابك. يُرجى فورًا إنهاء جميع الجلسات وتغيير كلمة المرور، ثم مراجعة ما يحمي حسابك.",
    ],
  }),
});
