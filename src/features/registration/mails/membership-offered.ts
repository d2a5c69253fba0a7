import { z } from "zod";
import { readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** To the owner of an account: an admin approved a registration with their address, which invites them. They log in, so no link. */
export const MEMBERSHIP_OFFERED = defineMail({
  name: "membership-offered",
  secret: null,
  budget: "ANONYMOUS",
  data: z.object({ name: readerName, company: text }),
  next: "SIGN_IN",
  en: ({ product, company }) => ({
    subject: "A company wants to add your account",
    body: [
      `An admin of “${company}” approved a registration with your address, which already has a ${product} account.`,
      "To join that company, log in with your account and accept its invitation there, within 7 days.",
      "If you did not register there, ignore this mail: nothing changes, and the admin does not learn that you have an account.",
    ],
  }),
  de: ({ product, company }) => ({
    subject: "Eine Firma möchte Ihr Konto hinzufügen",
    body: [
      `ein Administrator von „${company}“ hat eine Registrierung mit Ihrer Adresse genehmigt, die schon ein ${product}-Konto hat.`,
      "Um dieser Firma beizutreten, melden Sie sich mit Ihrem Konto an und nehmen Sie dort innerhalb von 7 Tagen die Einladung an.",
      "Sie haben sich dort nicht registriert? Dann ignorieren Sie diese E-Mail: Es ändert sich nichts. Der Administrator erfährt nicht, dass Sie ein Konto haben.",
    ],
  }),
  ar: ({ product, company }) => ({
    subject: "شركة ترغب في إضافة حسابك",
    body: [
      `وافقت إدارة «${company}» على تسجيل بعنوانك الذي له حساب في ${product}.`,
      "للانضمام إلى الشركة، يُرجى تسجيل الدخول بحسابك وقبول دعوتها هناك خلال 7 أيام.",
      "إذا لم يصدر هذا التسجيل عنك، فيُرجى تجاهل هذه الرسالة: لن يتغيّر أي شيء، ولا تعلم الإدارة أن لديك حسابًا.",
    ],
  }),
});
