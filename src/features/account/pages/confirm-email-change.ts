import { definePage } from "#platform/link-pages/page";
import { CONFIRM_EMAIL_CHANGE } from "./operations.ts";

/** Verifies the new address of an account. */
export const CONFIRM_EMAIL_CHANGE_PAGE = definePage({
  path: "confirm-email-change",
  setting: "CONFIRM_EMAIL_CHANGE_URL",
  operations: { confirmEmailChange: { operation: CONFIRM_EMAIL_CHANGE } },
  texts: {
    en: {
      title: "Confirm your new e-mail address",
      ask: "You opened the link from our mail. Press the button to confirm that the new address is yours.",
      actions: {
        confirmEmailChange: {
          button: "Confirm my address",
          done: "Thank you: {email} is confirmed, and your account has it now. You can close this page.",
        },
      },
    },
    de: {
      title: "Bestätigen Sie Ihre neue E-Mail-Adresse",
      ask: "Sie haben den Link aus unserer E-Mail geöffnet. Bestätigen Sie mit der Schaltfläche, dass die neue Adresse Ihnen gehört.",
      actions: {
        confirmEmailChange: {
          button: "Meine Adresse bestätigen",
          done: "Vielen Dank: {email} ist bestätigt und gehört jetzt zu Ihrem Konto. Sie können diese Seite schließen.",
        },
      },
    },
    ar: {
      title: "تأكيد عنوان بريدك الإلكتروني الجديد",
      ask: "فُتحت هذه الصفحة من الرابط في رسالتنا. يُرجى الضغط على الزر لتأكيد أن العنوان الجديد لك.",
      actions: {
        confirmEmailChange: {
          button: "تأكيد عنواني",
          done: "شكرًا: تم تأكيد {email}، وهو الآن عنوان حسابك. يمكنك إغلاق هذه الصفحة.",
        },
      },
    },
  },
});
