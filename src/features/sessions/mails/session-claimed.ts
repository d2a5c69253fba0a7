import { z } from "zod";
import { device, moment, place, readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** The last tokens of a session were claimed from another network. The link denies the claim. */
export const SESSION_CLAIMED = defineMail({
  name: "session-claimed",
  secret: "link",
  // No budget, because the mail carries the link to deny the claim.
  budget: null,
  data: z.object({ name: readerName, at: moment, device, place, ipAddress: text }),
  en: ({ product, at, device, place, ipAddress, expires }) => ({
    subject: "Was that you? A session was continued from another network",
    body: [
      `A device that is signed in to your ${product} account did not receive our last answer and asked for it again. It has the key of your device, but it is now in another network:`,
      { facts: { Device: `“${device}”`, "Approximate place": place, Address: ipAddress, Time: at } },
      "If you have just changed networks, for example from Wi-Fi to mobile data, you do not need to do anything.",
      { button: "No, that was not me" },
      `Press the button on that page: every device is signed out, and we send you a link to a new password. Opening the page changes nothing yet. The link works once, until ${expires}.`,
    ],
  }),
  de: ({ product, at, device, place, ipAddress, expires }) => ({
    subject: "Waren das Sie? Eine Sitzung wurde aus einem anderen Netz fortgesetzt",
    body: [
      `ein Gerät, das bei Ihrem ${product}-Konto angemeldet ist, hat unsere letzte Antwort nicht erhalten und sie noch einmal angefordert. Es besitzt den Schlüssel Ihres Geräts, ist jetzt aber in einem anderen Netz:`,
      { facts: { Gerät: `„${device}“`, "Ungefährer Ort": place, Adresse: ipAddress, Zeit: at } },
      "Falls Sie gerade das Netz gewechselt haben, zum Beispiel von WLAN zu mobilen Daten, müssen Sie nichts tun.",
      { button: "Nein, das war ich nicht" },
      `Drücken Sie dort die Schaltfläche: Alle Geräte werden abgemeldet, und wir schicken Ihnen einen Link zu einem neuen Passwort. Das Öffnen allein ändert noch nichts. Der Link funktioniert einmal, bis ${expires}.`,
    ],
  }),
  ar: ({ product, at, device, place, ipAddress, expires }) => ({
    subject: "هل هذا منك؟ استمرت جلسة من شبكة أخرى",
    body: [
      `لم يتلقَّ جهاز مسجَّل الدخول إلى حسابك في ${product} ردّنا الأخير، فطلبه من جديد. لديه مفتاح جهازك، لكنه الآن على شبكة أخرى:`,
      { facts: { الجهاز: `«${device}»`, "الموقع التقريبي": place, "عنوان IP": ipAddress, الوقت: at } },
      "إذا تغيّرت شبكتك للتو، مثلًا من شبكة لاسلكية إلى بيانات الهاتف، فلا يلزم أي إجراء.",
      { button: "لا، لم يكن ذلك مني" },
      `يُرجى الضغط على الزر في تلك الصفحة: نسجّل الخروج من جميع الأجهزة ونرسل إليك رابطًا لاختيار كلمة مرور جديدة. فتح الصفحة وحده لا يغيّر شيئًا. يعمل الرابط مرة واحدة، حتى ${expires}.`,
    ],
  }),
});
