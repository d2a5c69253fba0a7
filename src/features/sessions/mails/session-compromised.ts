import { z } from "zod";
import { device, moment, readerName } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** A refresh token was reused, and its session ended. */
export const SESSION_COMPROMISED = defineMail({
  name: "session-compromised",
  secret: null,
  budget: null,
  data: z.object({ name: readerName, at: moment, device }),
  next: "SIGN_IN",
  en: ({ at, device }) => ({
    subject: "We ended one of your sessions",
    body: [
      `On ${at} a key to your session on “${device}” was presented a second time. A key is used only once, so someone may have copied it.`,
      "To be safe we ended this session. Please log in there again.",
      "If you do not know this device, or if this happens again, change your password and end all other sessions.",
    ],
  }),
  de: ({ at, device }) => ({
    subject: "Wir haben eine Ihrer Sitzungen beendet",
    body: [
      `am ${at} wurde uns ein Schlüssel Ihrer Sitzung auf „${device}“ ein zweites Mal vorgezeigt. Jeder Schlüssel gilt nur einmal, möglicherweise hat ihn also jemand kopiert.`,
      "Zur Sicherheit haben wir diese Sitzung beendet. Bitte melden Sie sich dort neu an.",
      "Falls Sie dieses Gerät nicht kennen oder das noch einmal geschieht, ändern Sie Ihr Passwort und beenden Sie alle anderen Sitzungen.",
    ],
  }),
  ar: ({ at, device }) => ({
    subject: "أنهينا إحدى جلساتك",
    body: [
      `في ${at} قُدّم مفتاح جلستك على «${device}» مرة ثانية. لا يُستخدم المفتاح إلا مرة واحدة، فربما نسخه شخص ما.`,
      "حرصًا على الأمان أنهينا هذه الجلسة. يُرجى تسجيل الدخول هناك من جديد.",
      "إذا كان هذا الجهاز مجهولًا لك، أو تكرر ذلك، فيُرجى تغيير كلمة المرور وإنهاء جميع الجلسات الأخرى.",
    ],
  }),
});
