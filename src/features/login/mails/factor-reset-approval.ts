import { z } from "zod";
import { moment, readerName, text } from "#platform/mail/fields";
import { defineMail } from "#platform/mail/mail";

/** To the other admins: a reset of second factors waits for their approval. */
export const FACTOR_RESET_APPROVAL = defineMail({
  name: "factor-reset-approval",
  secret: null,
  budget: null,
  data: z.object({ name: readerName, at: moment, due: moment, email: text }),
  next: "OPEN_APP",
  en: ({ product, at, email, due }) => ({
    subject: "A reset of second factors waits for your approval",
    body: [
      `On ${at} another administrator asked to reset the second factors of a ${product} account because they are lost.`,
      `Account: ${email}`,
      `You can approve the reset in your administration. Do so only if you know that the owner of the account wants it: ask them in person or by telephone. Without an approval the reset takes place on ${due}, unless the owner stops it.`,
    ],
  }),
  de: ({ product, at, email, due }) => ({
    subject: "Ein Zurücksetzen zweiter Faktoren wartet auf Ihre Zustimmung",
    body: [
      `am ${at} hat eine andere Administratorin oder ein anderer Administrator darum gebeten, die zweiten Faktoren eines ${product}-Kontos zurückzusetzen, weil sie verloren sind.`,
      `Konto: ${email}`,
      `Sie können in Ihrer Verwaltung zustimmen. Tun Sie das nur, wenn Sie wissen, dass die Inhaberin oder der Inhaber des Kontos es wünscht: Fragen Sie persönlich oder telefonisch nach. Ohne Zustimmung geschieht es am ${due}, sofern es nicht gestoppt wird.`,
    ],
  }),
  ar: ({ product, at, email, due }) => ({
    subject: "إعادة ضبط لعوامل التحقق تنتظر موافقتك",
    body: [
      `في ${at} وصل من الإدارة طلب لإعادة ضبط عوامل التحقق الثانية لحساب في ${product} بسبب فقدانها.`,
      `الحساب: ${email}`,
      `يمكنك الموافقة في لوحة الإدارة. يُرجى ألا تكون الموافقة إلا بعد التأكد من رغبة صاحب الحساب أو صاحبته، شخصيًا أو هاتفيًا. من دون موافقة تُنفَّذ إعادة الضبط في ${due}، ما لم يوقفها صاحب الحساب أو صاحبته.`,
    ],
  }),
});
