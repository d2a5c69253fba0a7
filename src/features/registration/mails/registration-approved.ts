import { z } from "zod";
import { registered } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** To an address whose registration an admin approved: the verification link. */
export const REGISTRATION_APPROVED = defineMail({
  name: "registration-approved",
  secret: "link",
  budget: "ANONYMOUS",
  data: z.object(registered),
  en: ({ product, at, place, expires }) => ({
    subject: "Your registration was approved",
    body: [
      `Your registration at ${product} on ${at} was approved. Approximate place: ${place}.`,
      "Please confirm that this address is yours. You can use your account immediately afterwards. On another device or browser than the one you registered with, the page asks you to choose a password.",
      { button: "Confirm my address" },
      `The link works once, until ${expires}.`,
      "If you did not register, ignore this mail. Without the confirmation, no account is created.",
    ],
  }),
  de: ({ product, at, place, expires }) => ({
    subject: "Ihre Registrierung wurde genehmigt",
    body: [
      `Ihre Registrierung bei ${product} vom ${at} wurde genehmigt. Ungefährer Ort: ${place}.`,
      "Bitte bestätigen Sie, dass diese Adresse Ihnen gehört. Danach ist Ihr Konto sofort nutzbar. Auf einem anderen Gerät oder in einem anderen Browser als bei der Registrierung bittet die Seite Sie, ein Passwort zu wählen.",
      { button: "Meine Adresse bestätigen" },
      `Der Link funktioniert einmal, bis ${expires}.`,
      "Sie haben sich nicht registriert? Dann ignorieren Sie diese E-Mail. Ohne Bestätigung entsteht kein Konto.",
    ],
  }),
  ar: ({ product, at, place, expires }) => ({
    subject: "تمت الموافقة على تسجيلك",
    body: [
      `تمت الموافقة على تسجيلك في ${product} بتاريخ ${at}. الموقع التقريبي: ${place}.`,
      "يُرجى تأكيد أن هذا العنوان لك، وبعد ذلك يمكن استخدام حسابك فورًا. من جهاز أو متصفح غير الذي جرى التسجيل منه، تطلب الصفحة اختيار كلمة مرور.",
      { button: "تأكيد عنواني" },
      `يعمل الرابط مرة واحدة، حتى ${expires}.`,
      "إذا لم يصدر هذا التسجيل عنك، فيُرجى تجاهل هذه الرسالة. لن يُنشأ أي حساب من دون التأكيد.",
    ],
  }),
});
