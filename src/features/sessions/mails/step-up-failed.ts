import { z } from "zod";
import { device, moment, readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** A session ended after ten consecutive failed step-ups. */
export const STEP_UP_FAILED = defineMail({
  name: "step-up-failed",
  secret: null,
  budget: null,
  data: z.object({ name: readerName, at: moment, device, ipAddress: text }),
  next: "SIGN_IN",
  en: ({ at, device, ipAddress }) => ({
    subject: "We ended one of your sessions",
    body: [
      `On ${at} someone using your session on “${device}” failed ten times in a row to confirm that they are you. The requests came from ${ipAddress}.`,
      "To be safe we ended this session. Nothing else has changed, and your other sessions continue.",
      "If that was not you, someone else may have used this session. Choose a new password and end all other sessions.",
    ],
  }),
  de: ({ at, device, ipAddress }) => ({
    subject: "Wir haben eine Ihrer Sitzungen beendet",
    body: [
      `am ${at} ist es jemandem in Ihrer Sitzung auf „${device}“ zehnmal hintereinander nicht gelungen, sich noch einmal auszuweisen. Die Anfragen kamen von ${ipAddress}.`,
      "Zur Sicherheit haben wir diese Sitzung beendet. Sonst hat sich nichts geändert, und Ihre anderen Sitzungen bestehen weiter.",
      "Falls Sie das nicht waren, hat möglicherweise jemand anderes diese Sitzung benutzt: Wählen Sie ein neues Passwort und beenden Sie alle anderen Sitzungen.",
    ],
  }),
  ar: ({ at, device, ipAddress }) => ({
    subject: "أنهينا إحدى جلساتك",
    body: [
      `في ${at} فشلت عشر محاولات متتالية لتأكيد الهوية في جلستك على «${device}». وجاءت الطلبات من ${ipAddress}.`,
      "حرصًا على الأمان أنهينا هذه الجلسة. لم يتغيّر شيء آخر، وتستمر جلساتك الأخرى.",
      "إذا لم يكن ذلك منك، فربما استخدم شخص آخر هذه الجلسة. يُرجى اختيار كلمة مرور جديدة وإنهاء جميع الجلسات الأخرى.",
    ],
  }),
});
