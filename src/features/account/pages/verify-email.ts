import { LOGOUT } from "#features/sessions/index";
import { definePage } from "#platform/link-pages/page";
import { CHOOSE, CONFIRM_EMAIL_CHANGE, VERIFY_EMAIL } from "./operations.ts";

/** Verifies an address. */
export const VERIFY_EMAIL_PAGE = definePage({
  path: "verify-email",
  setting: "VERIFY_EMAIL_URL",
  operations: { verifyEmail: { operation: VERIFY_EMAIL, cookies: true } },
  // Mails of earlier versions link here for a change of address, too.
  earlier: CONFIRM_EMAIL_CHANGE,
  endSession: LOGOUT,
  texts: {
    en: {
      title: "Confirm your e-mail address",
      ask: "You opened the link from our mail. Press the button to confirm that the address is yours.",
      actions: {
        verifyEmail: {
          button: "Confirm my address",
          done: "Thank you: {email} is confirmed. You can close this page and log in.",
        },
      },
      choosePassword: CHOOSE.en,
    },
    de: {
      title: "Bestätigen Sie Ihre E-Mail-Adresse",
      ask: "Sie haben den Link aus unserer E-Mail geöffnet. Bestätigen Sie mit der Schaltfläche, dass die Adresse Ihnen gehört.",
      actions: {
        verifyEmail: {
          button: "Meine Adresse bestätigen",
          done: "Vielen Dank: {email} ist bestätigt. Sie können diese Seite schließen und sich anmelden.",
        },
      },
      choosePassword: CHOOSE.de,
    },
    ar: {
      title: "تأكيد عنوان بريدك الإلكتروني",
      ask: "فُتحت هذه الصفحة من الرابط في رسالتنا. يُرجى الضغط على الزر لتأكيد أن العنوان لك.",
      actions: {
        verifyEmail: {
          button: "تأكيد عنواني",
          done: "شكرًا: تم تأكيد {email}. يمكنك إغلاق هذه الصفحة وتسجيل الدخول.",
        },
      },
      choosePassword: CHOOSE.ar,
    },
  },
});
