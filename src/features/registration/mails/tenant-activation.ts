import { z } from "zod";
import { registered } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** To the first admin of a new tenant: the verification link. It omits the tenant's name, because any visitor can choose that name. */
export const TENANT_ACTIVATION = defineMail({
  name: "tenant-activation",
  secret: "link",
  budget: "ANONYMOUS",
  data: z.object(registered),
  en: ({ product, at, place, expires }) => ({
    subject: "Activate your company’s account",
    body: [
      `Your company was registered at ${product} on ${at}, with this address as its administrator’s. Approximate place: ${place}.`,
      "Press the button to confirm the address. On another device or browser than the one you registered with, the page asks you to choose a password.",
      { button: "Activate the account" },
      `The link works once, until ${expires}.`,
      "If you did not register a company, ignore this mail. Without the confirmation, no account is created.",
    ],
  }),
  de: ({ product, at, place, expires }) => ({
    subject: "Aktivieren Sie das Konto Ihrer Firma",
    body: [
      `Ihre Firma wurde am ${at} bei ${product} registriert, mit dieser Adresse als der ihres Administrators. Ungefährer Ort: ${place}.`,
      "Bestätigen Sie die Adresse mit der Schaltfläche. Auf einem anderen Gerät oder in einem anderen Browser als bei der Registrierung bittet die Seite Sie, ein Passwort zu wählen.",
      { button: "Konto aktivieren" },
      `Der Link funktioniert einmal, bis ${expires}.`,
      "Sie haben keine Firma registriert? Dann ignorieren Sie diese E-Mail. Ohne Bestätigung entsteht kein Konto.",
    ],
  }),
  ar: ({ product, at, place, expires }) => ({
    subject: "تفعيل حساب شركتك",
    body: [
      `سُجّلت شركتك في ${product} بتاريخ ${at}، وهذا العنوان هو عنوان إدارتها. الموقع التقريبي: ${place}.`,
      "يُرجى الضغط على الزر لتأكيد العنوان. من جهاز أو متصفح غير الذي جرى التسجيل منه، تطلب الصفحة اختيار كلمة مرور.",
      { button: "تفعيل الحساب" },
      `يعمل الرابط مرة واحدة، حتى ${expires}.`,
      "إذا لم يصدر تسجيل الشركة عنك، فيُرجى تجاهل هذه الرسالة. لن يُنشأ أي حساب من دون التأكيد.",
    ],
  }),
});
