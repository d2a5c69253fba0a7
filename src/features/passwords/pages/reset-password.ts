import { definePage } from "#platform/link-pages/page";

/** Whether a link is still valid, so that no user thinks up a password for an invalid one. */
export const TOKEN_STATUS =
  "mutation ($token: String!) { result: checkPasswordResetToken(input: { token: $token }) { valid } }";

/** Sets a new password. */
export const RESET_PASSWORD_PAGE = definePage({
  path: "reset-password",
  setting: "RESET_PASSWORD_URL",
  operations: {
    resetPassword: {
      operation:
        "mutation ($token: String!, $newPassword: String!) { result: resetPassword(input: { token: $token, newPassword: $newPassword }) { endedSessionIds } }",
    },
  },
  choosesPassword: true,
  status: TOKEN_STATUS,
  texts: {
    en: {
      title: "Choose a new password",
      ask: "Choose a new password for your account. Every device that is signed in now will be signed out.",
      actions: {
        resetPassword: {
          button: "Set new password",
          done: "Your new password is set, and all devices are signed out. You can close this page and log in.",
        },
      },
    },
    de: {
      title: "Neues Passwort wählen",
      ask: "Wählen Sie ein neues Passwort für Ihr Konto. Alle Geräte, die jetzt angemeldet sind, werden abgemeldet.",
      actions: {
        resetPassword: {
          button: "Neues Passwort setzen",
          done: "Ihr neues Passwort gilt, und alle Geräte sind abgemeldet. Sie können diese Seite schließen und sich anmelden.",
        },
      },
    },
    ar: {
      title: "اختيار كلمة مرور جديدة",
      ask: "يُرجى اختيار كلمة مرور جديدة لحسابك. سيُسجَّل الخروج من جميع الأجهزة المسجَّل الدخول منها الآن.",
      actions: {
        resetPassword: {
          button: "تعيين كلمة المرور الجديدة",
          done: "تم تعيين كلمة مرورك الجديدة، وسُجّل الخروج من جميع الأجهزة. يمكنك إغلاق هذه الصفحة وتسجيل الدخول.",
        },
      },
    },
  },
});
