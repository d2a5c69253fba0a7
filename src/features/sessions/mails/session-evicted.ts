import { z } from "zod";
import { device, moment, readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** A session ended because the user had too many. */
export const SESSION_EVICTED = defineMail({
  name: "session-evicted",
  secret: null,
  budget: "FIRST_FACTOR",
  merged: {
    en: "a session ended because there were too many",
    de: "Eine Sitzung wurde beendet, weil es zu viele waren",
    ar: "انتهت إحدى الجلسات بسبب كثرتها",
  },
  data: z.object({ name: readerName, at: moment, device, newDevice: device, ipAddress: text }),
  next: "SIGN_IN",
  en: ({ product, at, device, newDevice, ipAddress }) => ({
    subject: "You were signed out on one of your devices",
    body: [
      `On ${at} there was a login to your ${product} account on “${newDevice}”, from the address ${ipAddress}. The number of devices that can be signed in at the same time is limited, so your least recently used session, on “${device}”, has ended.`,
      "If that was you, you do not need to do anything. You can log in there again at any time.",
      "If it was not you, someone else has access to your account. End all sessions and change your password immediately.",
    ],
  }),
  de: ({ product, at, device, newDevice, ipAddress }) => ({
    subject: "Sie wurden auf einem Ihrer Geräte abgemeldet",
    body: [
      `am ${at} gab es eine Anmeldung bei Ihrem ${product}-Konto mit „${newDevice}“, von der Adresse ${ipAddress}. Da nur eine bestimmte Zahl von Geräten zugleich angemeldet sein darf, ist Ihre Sitzung auf „${device}“ beendet. Sie war am längsten nicht benutzt worden.`,
      "Falls Sie das waren, müssen Sie nichts tun. Sie können sich dort jederzeit wieder anmelden.",
      "Falls nicht, ist jemand anderes in Ihr Konto gelangt. Beenden Sie sofort alle Sitzungen und ändern Sie Ihr Passwort.",
    ],
  }),
  ar: ({ product, at, device, newDevice, ipAddress }) => ({
    subject: "تم تسجيل خروجك من أحد أجهزتك",
    body: [
      `في ${at} سُجّل الدخول إلى حسابك في ${product} على «${newDevice}»، من العنوان ${ipAddress}. عدد الأجهزة التي يمكن تسجيل الدخول منها في الوقت نفسه محدود، لذلك انتهت أقل جلساتك استخدامًا في الفترة الأخيرة، على «${device}».`,
      "إذا كان ذلك منك، فلا يلزم أي إجراء. ويمكن تسجيل الدخول هناك مجددًا في أي وقت.",
      "إذا لم يكن منك، فهناك من دخل إلى حسابك. يُرجى فورًا إنهاء جميع الجلسات وتغيير كلمة المرور.",
    ],
  }),
});
