import { z } from "zod";
import { readerName } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** The link for choosing a new password. */
export const PASSWORD_RESET = defineMail({
  name: "password-reset",
  secret: "link",
  budget: "ANONYMOUS",
  data: z.object({ name: readerName }),
  en: ({ product, expires }) => ({
    subject: "Choose a new password",
    body: [
      `Someone, hopefully you, requested a new password for your ${product} account.`,
      { button: "Choose a new password" },
      `The link works once, until ${expires}. Only your last three links are valid, and using one invalidates the others.`,
      "If you did not request this, ignore this mail. Your password stays as it is.",
    ],
  }),
  de: ({ product, expires }) => ({
    subject: "Neues Passwort wählen",
    body: [
      `jemand, hoffentlich Sie, hat ein neues Passwort für Ihr ${product}-Konto angefordert.`,
      { button: "Neues Passwort wählen" },
      `Der Link funktioniert einmal, bis ${expires}. Nur Ihre letzten drei Links sind gültig, und wenn Sie einen verwenden, enden die anderen.`,
      "Sie haben das nicht angefordert? Dann ignorieren Sie diese E-Mail. Ihr Passwort bleibt, wie es ist.",
    ],
  }),
  ar: ({ product, expires }) => ({
    subject: "اختيار كلمة مرور جديدة",
    body: [
      `وصلنا طلب لكلمة مرور جديدة لحسابك في ${product}، ونرجو أنه منك.`,
      { button: "اختيار كلمة مرور جديدة" },
      `يعمل الرابط مرة واحدة، حتى ${expires}. لا تصلح إلا آخر ثلاثة روابط أُرسلت إليك، واستخدام أحدها يُبطل البقية.`,
      "إذا لم يصدر هذا الطلب عنك، فيُرجى تجاهل هذه الرسالة. تبقى كلمة مرورك كما هي.",
    ],
  }),
});
