import { z } from "zod";
import { moment, readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** To the admins of a tenant: a new registration awaits their decision. */
export const REGISTRATION_REQUESTED = defineMail({
  name: "registration-requested",
  secret: null,
  budget: "ANONYMOUS",
  merged: {
    en: "someone asked for an account in your company",
    de: "Jemand möchte sich bei Ihrem Unternehmen registrieren",
    ar: "وصل طلب للحصول على حساب في شركتك",
  },
  data: z.object({ name: readerName, at: moment, email: text, applicant: text.nullable() }),
  next: "OPEN_APP",
  en: ({ product, at, email, applicant }) => ({
    subject: "New registration awaiting approval",
    body: [
      `On ${at} someone asked for a ${product} account in your company.`,
      `Address: ${email}`,
      applicant && `Name given: ${applicant}`,
      "Please approve or reject the registration in your administration. Neither the address nor the name has been verified. After an approval, the applicant must confirm the address by mail.",
    ],
  }),
  de: ({ product, at, email, applicant }) => ({
    subject: "Jemand bittet um ein Konto",
    body: [
      `am ${at} hat jemand um ein ${product}-Konto in Ihrem Unternehmen gebeten.`,
      `Adresse: ${email}`,
      applicant && `Angegebener Name: ${applicant}`,
      "Bitte genehmigen Sie die Registrierung in Ihrer Verwaltung oder lehnen Sie sie ab. Weder die Adresse noch der Name sind nachgewiesen; nach einer Genehmigung muss die Adresse per E-Mail bestätigt werden.",
    ],
  }),
  ar: ({ product, at, email, applicant }) => ({
    subject: "طلب تسجيل جديد ينتظر الموافقة",
    body: [
      `في ${at} وصل طلب للحصول على حساب في ${product} لدى شركتك.`,
      `العنوان: ${email}`,
      applicant && `الاسم المذكور: ${applicant}`,
      "تُرجى الموافقة على التسجيل أو رفضه في لوحة الإدارة. لم يُتحقق من العنوان ولا من الاسم. وبعد الموافقة يلزم تأكيد العنوان عبر البريد الإلكتروني.",
    ],
  }),
});
