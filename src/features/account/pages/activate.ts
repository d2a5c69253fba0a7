import { LOGOUT } from "#features/sessions/index";
import { definePage } from "#platform/link-pages/page";
import { CHOOSE, VERIFY_EMAIL } from "./operations.ts";

/** Verifies the address of a new tenant's first admin. */
export const ACTIVATE_PAGE = definePage({
  path: "activate",
  setting: "ACTIVATE_URL",
  operations: { verifyEmail: { operation: VERIFY_EMAIL, cookies: true } },
  endSession: LOGOUT,
  texts: {
    en: {
      title: "Activate your company’s account",
      ask: "You opened the link from our mail. Press the button only if it was you who registered the company.",
      actions: {
        verifyEmail: {
          button: "Activate the account",
          done: "Thank you: {email} is confirmed, and the account is active. You can close this page and log in.",
        },
      },
      invalid:
        "This link is no longer valid: it has been used, or has expired. If the account is not active yet, register the company again.",
      choosePassword: CHOOSE.en,
    },
    de: {
      title: "Das Konto Ihrer Firma aktivieren",
      ask: "Sie haben den Link aus unserer E-Mail geöffnet. Drücken Sie die Schaltfläche nur, wenn Sie selbst die Firma registriert haben.",
      actions: {
        verifyEmail: {
          button: "Konto aktivieren",
          done: "Vielen Dank: {email} ist bestätigt, und das Konto ist aktiv. Sie können diese Seite schließen und sich anmelden.",
        },
      },
      invalid:
        "Dieser Link gilt nicht mehr: Er wurde schon benutzt oder ist abgelaufen. Ist das Konto noch nicht aktiv, registrieren Sie die Firma noch einmal.",
      choosePassword: CHOOSE.de,
    },
    ar: {
      title: "تفعيل حساب شركتك",
      ask: "فُتحت هذه الصفحة من الرابط في رسالتنا. يُرجى الضغط على الزر فقط إذا كان تسجيل الشركة منك.",
      actions: {
        verifyEmail: {
          button: "تفعيل الحساب",
          done: "شكرًا: تم تأكيد {email}، والحساب مفعّل. يمكنك إغلاق هذه الصفحة وتسجيل الدخول.",
        },
      },
      invalid:
        "لم يعد هذا الرابط صالحًا: فقد استُخدم أو انتهت صلاحيته. إذا لم يكن الحساب مفعّلًا بعد، فيُرجى تسجيل الشركة من جديد.",
      choosePassword: CHOOSE.ar,
    },
  },
});
