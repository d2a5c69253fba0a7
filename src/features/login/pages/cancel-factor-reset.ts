import { definePage } from "#platform/link-pages/page";

/** Stops a reset of second factors. */
export const CANCEL_FACTOR_RESET_PAGE = definePage({
  path: "cancel-factor-reset",
  setting: "CANCEL_FACTOR_RESET_URL",
  operations: {
    cancelFactorReset: {
      operation:
        "mutation ($token: String!) { result: cancelFactorReset(input: { token: $token }) { cancelledFactorResetId } }",
    },
  },
  texts: {
    en: {
      title: "Stop the reset of your second factors",
      ask: "Someone asked us to reset the second factors of your account. If that was not you, press the button: they stay as they are.",
      actions: {
        cancelFactorReset: {
          button: "Stop the reset",
          done: "The reset was stopped. If you did not request it, choose a new password, because someone else knows the current one.",
        },
      },
    },
    de: {
      title: "Zurücksetzen Ihrer zweiten Faktoren stoppen",
      ask: "Jemand möchte die zweiten Faktoren Ihres Kontos zurücksetzen lassen. Wenn Sie das nicht waren, drücken Sie die Schaltfläche: Sie bleiben, wie sie sind.",
      actions: {
        cancelFactorReset: {
          button: "Zurücksetzen stoppen",
          done: "Das Zurücksetzen ist gestoppt. Wenn Sie es nicht veranlasst haben, wählen Sie ein neues Passwort: Jemand anderes kennt es.",
        },
      },
    },
    ar: {
      title: "إيقاف إعادة ضبط عوامل التحقق",
      ask: "وصلنا طلب لإعادة ضبط عوامل التحقق الثانية لحسابك. إذا لم يكن منك، فيُرجى الضغط على الزر: تبقى العوامل كما هي.",
      actions: {
        cancelFactorReset: {
          button: "إيقاف إعادة الضبط",
          done: "أُوقفت إعادة الضبط. إذا لم يصدر طلبها عنك، فيُرجى اختيار كلمة مرور جديدة، لأن هناك من يعرف الحالية.",
        },
      },
    },
  },
});
