import { definePage } from "#platform/link-pages/page";

/** The mutation behind “No, that was not me”. */
export const DENY_LOGIN =
  "mutation ($token: String!) { result: denyLogin(input: { token: $token }) { endedSessionIds } }";

/** Denies what a mail reported: a login, or the claim of a session. */
export const DENY_LOGIN_PAGE = definePage({
  path: "deny-login",
  setting: "DENY_LOGIN_URL",
  operations: { denyLogin: { operation: DENY_LOGIN } },
  texts: {
    en: {
      title: "Was that not you?",
      ask: "Our mail shows what happened in your account, with which device, and from where. If that was you, close this page: there is nothing to do. If it was not you, press the button: every device is signed out, and you choose a new password.",
      actions: {
        denyLogin: {
          button: "No, that was not me",
          done: "All devices are signed out. We have sent you a mail with the link to choose a new password.",
        },
      },
      invalid:
        "This link is no longer valid: it has been used, or has expired. If someone else may have access to your account, choose a new password on the login page: that signs out every device.",
    },
    de: {
      title: "Waren das nicht Sie?",
      ask: "Was in Ihrem Konto geschehen ist, mit welchem Gerät und von wo, steht in unserer E-Mail. Wenn Sie das waren, schließen Sie diese Seite: Sie müssen nichts tun. Wenn nicht, drücken Sie die Schaltfläche: Alle Geräte werden abgemeldet, und Sie wählen ein neues Passwort.",
      actions: {
        denyLogin: {
          button: "Nein, das war ich nicht",
          done: "Alle Geräte sind abgemeldet. Wir haben Ihnen eine E-Mail mit dem Link geschickt, über den Sie ein neues Passwort wählen.",
        },
      },
      invalid:
        "Dieser Link gilt nicht mehr: Er wurde schon benutzt oder ist abgelaufen. Wenn jemand anderes in Ihrem Konto sein könnte, wählen Sie auf der Anmeldeseite ein neues Passwort: Das meldet alle Geräte ab.",
    },
    ar: {
      title: "ألم يكن ذلك منك؟",
      ask: "توضح رسالتنا ما حدث في حسابك، ومن أي جهاز، ومن أين. إذا كان ذلك منك، فيُرجى إغلاق هذه الصفحة: لا يلزم أي إجراء. وإذا لم يكن منك، فيُرجى الضغط على الزر: يُسجَّل الخروج من جميع الأجهزة، ويمكنك اختيار كلمة مرور جديدة.",
      actions: {
        denyLogin: {
          button: "لا، لم يكن ذلك مني",
          done: "سُجّل الخروج من جميع الأجهزة. أرسلنا إليك رسالة فيها رابط لاختيار كلمة مرور جديدة.",
        },
      },
      invalid:
        "لم يعد هذا الرابط صالحًا: فقد استُخدم أو انتهت صلاحيته. إذا كان من الممكن أن يكون شخص آخر قد دخل إلى حسابك، فيُرجى اختيار كلمة مرور جديدة من صفحة تسجيل الدخول: يُسجَّل بذلك الخروج من جميع الأجهزة.",
    },
  },
});
