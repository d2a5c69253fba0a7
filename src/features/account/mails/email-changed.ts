import { z } from "zod";
import { moment, readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** To both addresses: the change is complete. */
export const EMAIL_CHANGED = defineMail({
  name: "email-changed",
  secret: null,
  budget: null,
  data: z.object({ name: readerName, at: moment, newEmail: text }),
  en: ({ product, at, newEmail }) => ({
    subject: "Your e-mail address was changed",
    body: [
      `On ${at} the address of your ${product} account was changed to ${newEmail}.`,
      "If that was not you, use the link in the notice that we sent to the previous address.",
    ],
  }),
  de: ({ product, at, newEmail }) => ({
    subject: "Ihre E-Mail-Adresse wurde geändert",
    body: [
      `am ${at} wurde die Adresse Ihres ${product}-Kontos auf ${newEmail} geändert.`,
      "Falls Sie das nicht waren, benutzen Sie den Link in dem Hinweis, den wir an die bisherige Adresse geschickt haben.",
    ],
  }),
  ar: ({ product, at, newEmail }) => ({
    subject: "تم تغيير عنوان بريدك الإلكتروني",
    body: [
      `في ${at} تم تغيير عنوان حسابك في ${product} إلى ${newEmail}.`,
      "إذا لم يكن ذلك منك، فيُرجى استخدام الرابط الوارد في الإشعار الذي أرسلناه إلى العنوان السابق.",
    ],
  }),
});
