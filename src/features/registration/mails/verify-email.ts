import { z } from "zod";
import { registered } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** To a registered address: the verification link. */
export const VERIFY_EMAIL = defineMail({
  name: "verify-email",
  secret: "link",
  budget: "ANONYMOUS",
  data: z.object(registered),
  en: ({ product, at, place, expires }) => ({
    subject: "Confirm your e-mail address",
    body: [
      `Someone, hopefully you, registered at ${product} with this address on ${at}. Approximate place: ${place}.`,
      "Please confirm that the address is yours. You can use your account immediately afterwards. On another device or browser than the one you registered with, the page asks you to choose a password.",
      { button: "Confirm my address" },
      `The link works once, until ${expires}.`,
      "If you did not register, ignore this mail. Without the confirmation, no account is created.",
    ],
  }),
  de: ({ product, at, place, expires }) => ({
    subject: "Bestätigen Sie Ihre E-Mail-Adresse",
    body: [
      `jemand, hoffentlich Sie, hat sich am ${at} mit dieser Adresse bei ${product} registriert. Ungefährer Ort: ${place}.`,
      "Bitte bestätigen Sie, dass die Adresse Ihnen gehört. Danach ist Ihr Konto sofort nutzbar. Auf einem anderen Gerät oder in einem anderen Browser als bei der Registrierung bittet die Seite Sie, ein Passwort zu wählen.",
      { button: "Meine Adresse bestätigen" },
      `Der Link funktioniert einmal, bis ${expires}.`,
      "Sie haben sich nicht registriert? Dann ignorieren Sie diese E-Mail. Ohne Bestätigung entsteht kein Konto.",
    ],
  }),
  ar: ({ product, at, place, expires }) => ({
    subject: "تأكيد عنوان بريدك الإلكتروني",
    body: [
      `جرى في ${at} تسجيل في ${product} بهذا العنوان، ونرجو أنه منك. الموقع التقريبي: ${place}.`,
      "يُرجى تأكيد أن العنوان لك، وبعد ذلك يمكن استخدام حسابك فورًا. من جهاز أو متصفح غير الذي جرى التسجيل منه، تطلب الصفحة اختيار كلمة مرور.",
      { button: "تأكيد عنواني" },
      `يعمل الرابط مرة واحدة، حتى ${expires}.`,
      "إذا لم يصدر هذا التسجيل عنك، فيُرجى تجاهل هذه الرسالة. لن يُنشأ أي حساب من دون التأكيد.",
    ],
  }),
});
