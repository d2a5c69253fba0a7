import { z } from "zod";
import { defineMail } from "#platform/mail/mail";

/** To a new address: the link that verifies it. */
export const CHANGE_EMAIL_VERIFY = defineMail({
  name: "change-email-verify",
  secret: "link",
  budget: "ANONYMOUS",
  data: z.object({}),
  en: ({ product, expires }) => ({
    subject: "Confirm your new e-mail address",
    body: [
      `This address was given as the new address of a ${product} account. Please confirm that it is yours.`,
      { button: "Confirm my new address" },
      `The link works once, until ${expires}.`,
      "You did not ask for this? Then ignore this mail. Without the confirmation nothing is changed.",
    ],
  }),
  de: ({ product, expires }) => ({
    subject: "Bestätigen Sie Ihre neue E-Mail-Adresse",
    body: [
      `diese Adresse wurde als neue Adresse eines ${product}-Kontos angegeben. Bitte bestätigen Sie, dass sie Ihnen gehört.`,
      { button: "Meine neue Adresse bestätigen" },
      `Der Link funktioniert einmal, bis ${expires}.`,
      "Sie haben das nicht veranlasst? Dann ignorieren Sie diese E-Mail. Ohne Bestätigung ändert sich nichts.",
    ],
  }),
  ar: ({ product, expires }) => ({
    subject: "تأكيد عنوان بريدك الإلكتروني الجديد",
    body: [
      `أُدخل هذا العنوان عنوانًا جديدًا لحساب في ${product}. يُرجى تأكيد أنه عنوانك.`,
      { button: "تأكيد عنواني الجديد" },
      `يعمل الرابط مرة واحدة، حتى ${expires}.`,
      "إذا لم يصدر هذا الطلب عنك، فيُرجى تجاهل هذه الرسالة. لن يتغيّر أي شيء من دون التأكيد.",
    ],
  }),
});
