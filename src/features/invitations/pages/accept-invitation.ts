import { TOKEN_STATUS } from "#features/passwords/index";
import { LOGOUT } from "#features/sessions/index";
import { definePage } from "#platform/link-pages/page";

/** Accepts an invitation. */
export const ACCEPT_INVITATION_PAGE = definePage({
  path: "accept-invitation",
  setting: "ACCEPT_INVITATION_URL",
  operations: {
    acceptInvitation: {
      operation:
        "mutation ($token: String!, $newPassword: String!) { result: acceptInvitation(input: { token: $token, password: $newPassword }) { ... on LoginSuccess { tokens { accessToken } } ... on EnrolmentRequired { tokens { accessToken } } } }",
    },
  },
  choosesPassword: true,
  status: TOKEN_STATUS,
  endSession: LOGOUT,
  texts: {
    en: {
      title: "Accept the invitation",
      ask: "You opened the link from our mail. Choose a password to accept the invitation.",
      actions: {
        acceptInvitation: {
          button: "Accept the invitation",
          done: "Welcome: {email} is confirmed, and your password is set. You can close this page and log in.",
        },
      },
      invalid:
        "This link is no longer valid: it has been used, replaced by a newer one, or has expired. Ask the person who invited you for a new one.",
    },
    de: {
      title: "Einladung annehmen",
      ask: "Sie haben den Link aus unserer E-Mail geöffnet. Wählen Sie ein Passwort, um die Einladung anzunehmen.",
      actions: {
        acceptInvitation: {
          button: "Einladung annehmen",
          done: "Willkommen: {email} ist bestätigt, und Ihr Passwort gilt. Sie können diese Seite schließen und sich anmelden.",
        },
      },
      invalid:
        "Dieser Link gilt nicht mehr: Er wurde schon benutzt, durch einen neueren ersetzt oder ist abgelaufen. Bitten Sie den, der Sie eingeladen hat, um einen neuen.",
    },
    ar: {
      title: "قبول الدعوة",
      ask: "فُتحت هذه الصفحة من الرابط في رسالتنا. لقبول الدعوة، يُرجى اختيار كلمة مرور.",
      actions: {
        acceptInvitation: {
          button: "قبول الدعوة",
          done: "أهلًا وسهلًا: تم تأكيد {email} وتعيين كلمة مرورك. يمكنك إغلاق هذه الصفحة وتسجيل الدخول.",
        },
      },
      invalid:
        "لم يعد هذا الرابط صالحًا: فقد استُخدم، أو حل محله رابط أحدث، أو انتهت صلاحيته. يُرجى طلب رابط جديد من الجهة التي دعتك.",
    },
  },
});
