import { z } from "zod";
import { device, moment, place, readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** A login on an unknown device; the link denies the login. */
export const NEW_DEVICE = defineMail({
  name: "new-device",
  secret: "link",
  // No budget, because its link denies the login that it reports.
  budget: null,
  data: z.object({ name: readerName, at: moment, device, place, ipAddress: text }),
  en: ({ product, at, device, place, ipAddress, expires }) => ({
    subject: "A new device was used to log in",
    body: [
      `Your ${product} account was just used to log in on a device that we had not seen before:`,
      { facts: { Device: `“${device}”`, "Approximate place": place, Address: ipAddress, Time: at } },
      "If that was you, there is nothing to do.",
      "If it was not you, someone else has access to your account. Open the page and press the button there: every device is signed out, and we send you a link to a new password. Opening it changes nothing yet.",
      { button: "No, that was not me" },
      `The link works once, until ${expires}.`,
    ],
  }),
  de: ({ product, at, device, place, ipAddress, expires }) => ({
    subject: "Anmeldung mit einem neuen Gerät",
    body: [
      `bei Ihrem ${product}-Konto gab es gerade eine Anmeldung mit einem Gerät, das wir noch nicht kannten:`,
      { facts: { Gerät: `„${device}“`, "Ungefährer Ort": place, Adresse: ipAddress, Zeit: at } },
      "Falls Sie das waren, müssen Sie nichts tun.",
      "Falls nicht, ist jemand anderes in Ihr Konto gelangt. Öffnen Sie die Seite und drücken Sie dort die Schaltfläche: Alle Geräte werden abgemeldet, und wir schicken Ihnen einen Link zu einem neuen Passwort. Das Öffnen allein ändert noch nichts.",
      { button: "Nein, das war ich nicht" },
      `Der Link funktioniert einmal, bis ${expires}.`,
    ],
  }),
  ar: ({ product, at, device, place, ipAddress, expires }) => ({
    subject: "تسجيل دخول من جهاز جديد",
    body: [
      `سُجّل الدخول للتو إلى حسابك في ${product} من جهاز لم نره من قبل:`,
      { facts: { الجهاز: `«${device}»`, "الموقع التقريبي": place, "عنوان IP": ipAddress, الوقت: at } },
      "إذا كان ذلك منك، فلا يلزم أي إجراء.",
      "إذا لم يكن منك، فهناك من دخل إلى حسابك. يُرجى فتح الصفحة والضغط على الزر فيها: نسجّل الخروج من جميع الأجهزة ونرسل إليك رابطًا لاختيار كلمة مرور جديدة. فتح الصفحة وحده لا يغيّر شيئًا.",
      { button: "لا، لم يكن ذلك مني" },
      `يعمل الرابط مرة واحدة، حتى ${expires}.`,
    ],
  }),
});
