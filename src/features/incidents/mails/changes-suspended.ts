import { z } from "zod";
import { moment, readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** A key leaked, and changes that may have been made with it are suspended until the user confirms them. */
export const CHANGES_SUSPENDED = defineMail({
  name: "changes-suspended",
  secret: null,
  budget: null,
  data: z.object({ name: readerName, at: moment, since: moment, email: text }),
  next: "SIGN_IN",
  en: ({ product, at, email, since }) => ({
    subject: "Changes to your account need your confirmation",
    body: [
      `A secret of ${product} was exposed from ${since} on, and may have been used to change accounts. So on ${at} we suspended the changes made in your name since then: sign-in methods, the e-mail address, roles given to others.`,
      `Your address for logging in is ${email}. Log in with a password, app, passkey or account that you had before, and confirm or remove each of the suspended changes in the settings of your account.`,
      "If you do nothing, they stay suspended.",
    ],
  }),
  de: ({ product, at, email, since }) => ({
    subject: "Änderungen an Ihrem Konto warten auf Ihre Bestätigung",
    body: [
      `ein Geheimnis von ${product} war ab ${since} in falschen Händen. Damit konnte jemand Konten ändern. Deshalb haben wir am ${at} ausgesetzt, was seitdem in Ihrem Namen geändert wurde: Anmeldearten, die E-Mail-Adresse, Rollen, die anderen gegeben wurden.`,
      `Ihre Adresse für die Anmeldung ist ${email}. Melden Sie sich mit einem Passwort, einer App, einem Passkey oder einem Konto an, das Sie schon vorher hatten, und bestätigen oder entfernen Sie die ausgesetzten Änderungen in den Einstellungen Ihres Kontos.`,
      "Wenn Sie nichts tun, bleiben sie ausgesetzt.",
    ],
  }),
  ar: ({ product, at, email, since }) => ({
    subject: "تغييرات في حسابك تنتظر تأكيدك",
    body: [
      `انكشف مفتاح سري لـ ${product} ابتداءً من ${since}، وربما استُخدم لتغيير حسابات. لذلك علّقنا في ${at} التغييرات التي أُجريت باسمك منذ ذلك الحين: طرق تسجيل الدخول، وعنوان البريد الإلكتروني، والأدوار الممنوحة لآخرين.`,
      `عنوانك لتسجيل الدخول هو ${email}. يُرجى تسجيل الدخول بكلمة مرور أو تطبيق أو مفتاح مرور أو حساب كان لديك من قبل، ثم تأكيد كل تغيير معلّق أو إزالته في إعدادات حسابك.`,
      "من دون أي إجراء منك، تبقى هذه التغييرات معلّقة.",
    ],
  }),
});
