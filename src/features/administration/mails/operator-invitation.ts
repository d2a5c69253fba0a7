import { z } from "zod";
import { readerName } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** To a new operator: the link for choosing a password. */
export const OPERATOR_INVITATION = defineMail({
  name: "operator-invitation",
  secret: "link",
  // Sent from the command line of the installation.
  budget: null,
  data: z.object({ name: readerName }),
  en: ({ product, expires }) => ({
    subject: "Your operator account is ready",
    body: [
      `An operator account was created for you at ${product}. It may administer the entire installation, so guard it well.`,
      "Choose a password to begin.",
      { button: "Choose my password" },
      `The link works once, until ${expires}.`,
    ],
  }),
  de: ({ product, expires }) => ({
    subject: "Ihr Operator-Konto ist bereit",
    body: [
      `bei ${product} wurde ein Operator-Konto für Sie angelegt. Es darf die gesamte Installation verwalten; schützen Sie es gut.`,
      "Wählen Sie ein Passwort, um zu beginnen.",
      { button: "Mein Passwort wählen" },
      `Der Link funktioniert einmal, bis ${expires}.`,
    ],
  }),
  ar: ({ product, expires }) => ({
    subject: "حساب التشغيل الخاص بك جاهز",
    body: [
      `أُنشئ لك حساب تشغيل في ${product}. تتيح صلاحياته إدارة النظام بأكمله، لذا تُرجى حمايته جيدًا.`,
      "للبدء، يُرجى اختيار كلمة مرور.",
      { button: "اختيار كلمة المرور" },
      `يعمل الرابط مرة واحدة، حتى ${expires}.`,
    ],
  }),
});
