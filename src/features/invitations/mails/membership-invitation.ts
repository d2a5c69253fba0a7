import { z } from "zod";
import { readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** To the owner of an account whose address was invited. They log in and accept there, so the mail contains no link. */
export const MEMBERSHIP_INVITATION = defineMail({
  name: "membership-invitation",
  secret: null,
  budget: "ANONYMOUS",
  data: z.object({ name: readerName, company: text }),
  next: "SIGN_IN",
  en: ({ product, company }) => ({
    subject: `You are invited to a company on ${product}`,
    body: [
      `An admin of “${company}” invites you to work there with your ${product} account.`,
      "Log in with your account and accept the invitation there, within 7 days.",
      "You do not know who invites you? Then ignore this mail: nothing changes. The admin does not know that you have an account.",
    ],
  }),
  de: ({ product, company }) => ({
    subject: `Sie sind zu einer Firma auf ${product} eingeladen`,
    body: [
      `ein Administrator von „${company}“ lädt Sie ein, dort mit Ihrem ${product}-Konto zu arbeiten.`,
      "Melden Sie sich mit Ihrem Konto an und nehmen Sie die Einladung dort innerhalb von 7 Tagen an.",
      "Sie wissen nicht, wer Sie einlädt? Dann ignorieren Sie diese E-Mail: Es ändert sich nichts. Der Administrator hat nicht erfahren, dass Sie ein Konto haben.",
    ],
  }),
  ar: ({ product, company }) => ({
    subject: `دعوة إلى شركة على ${product}`,
    body: [
      `تدعوك إدارة «${company}» إلى العمل لديها بحسابك في ${product}.`,
      "يُرجى تسجيل الدخول بحسابك وقبول الدعوة هناك خلال 7 أيام.",
      "إذا كانت الجهة الداعية مجهولة لك، فيُرجى تجاهل هذه الرسالة: لن يتغيّر أي شيء. ولا تعرف الإدارة أن لديك حسابًا.",
    ],
  }),
});
