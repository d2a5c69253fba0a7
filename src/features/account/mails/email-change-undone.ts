import { z } from "zod";
import { moment } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** To the address that an account had until its owner undid the change. */
export const EMAIL_CHANGE_UNDONE = defineMail({
  name: "email-change-undone",
  secret: null,
  budget: null,
  data: z.object({ at: moment }),
  next: "GET_HELP",
  en: ({ product, at }) => ({
    subject: "A change of e-mail address was undone",
    body: [
      `On ${at} the owner of a ${product} account undid a change of its address to this one. The account has its previous address again, and all its sessions have ended.`,
      "If the account is yours and you did not expect this, please contact us.",
    ],
  }),
  de: ({ product, at }) => ({
    subject: "Eine Änderung der E-Mail-Adresse wurde rückgängig gemacht",
    body: [
      `am ${at} wurde die Änderung der Adresse eines ${product}-Kontos auf diese hier rückgängig gemacht. Das Konto hat wieder seine bisherige Adresse, und alle seine Sitzungen wurden beendet.`,
      "Falls das Konto Ihnen gehört und Sie das nicht erwartet haben, wenden Sie sich bitte an uns.",
    ],
  }),
  ar: ({ product, at }) => ({
    subject: "تم التراجع عن تغيير عنوان البريد الإلكتروني",
    body: [
      `في ${at} تم التراجع عن تغيير عنوان حساب في ${product} إلى هذا العنوان. عاد الحساب إلى عنوانه السابق، وانتهت جميع جلساته.`,
      "إذا كان الحساب لك ولم يكن ذلك متوقعًا، فيُرجى التواصل معنا.",
    ],
  }),
});
